/** Actions for the services that interfaces belong to. */
import { Type } from 'typebox';
import { ServiceDocument } from '../../gateways/documents/service-document.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all, saving } from '../action/owners.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { refuseIfNamed } from './refuse-if-named.ts';
import type { SecurityServices } from './security-services.ts';

const ServiceId = Type.String({ maxLength: 64 });

export function serviceActions(services: SecurityServices): readonly Action[] {
  return [listServices(services), saveService(services), setServiceState(services), removeService(services)];
}

function listServices({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'services.list',
    right: 'interfaces.read',
    domain: 'filtered',
    text: { 'zh-CN': '服务列表', en: 'List services' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish) {
      const interfaces = domains.keep(await registry.interfaces.list());
      const { items, ...rest } = pageOf(domains.keep(await registry.services.list()), ({ serviceId }) => [serviceId], wish);
      const counted = items.map((service) => ({
        ...service,
        interfaces: interfaces.filter(({ serviceId }) => serviceId === service.serviceId).length,
      }));
      return { items: counted, ...rest };
    },
  });
}

function saveService({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'services.save',
    right: 'interfaces.edit',
    domain: ({ serviceId, document }) => saving(owners.service(serviceId), document),
    text: { 'zh-CN': '保存服务', en: 'Save a service' },
    input: Type.Object({ serviceId: ServiceId, document: ServiceDocument }, closed),
    audited: true,
    subject: ({ serviceId }) => serviceId,
    async run(ctx, { serviceId, document }) {
      requireSameId(document.serviceId, serviceId);
      const before = await registry.services.get(serviceId);
      // Who may only edit must not take interfaces online or offline with it.
      if (before !== undefined && before.state !== document.state) ctx.require('interfaces.publish');
      const saved = await registry.services.save(document);
      ctx.note.before = before;
      ctx.note.after = saved;
      plans.changed();
      return saved;
    },
  });
}

function setServiceState({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'services.set-state',
    right: 'interfaces.publish',
    domain: ({ serviceId }) => all(owners.service(serviceId)),
    text: { 'zh-CN': '上线或下线服务的全部接口', en: 'Take all interfaces of a service online or offline' },
    input: Type.Object({ serviceId: ServiceId, state: ServiceDocument.properties.state }, closed),
    audited: true,
    subject: ({ serviceId, state }) => `${serviceId} ${state}`,
    async run(ctx, { serviceId, state }) {
      const before = existing(await registry.services.get(serviceId), serviceId);
      const saved = await registry.services.save({ ...before, state });
      ctx.note.before = { state: before.state, revision: before.revision };
      ctx.note.after = { state: saved.state, revision: saved.revision };
      plans.changed();
      return saved;
    },
  });
}

function removeService({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'services.remove',
    right: 'interfaces.publish',
    domain: ({ serviceId }) => all(owners.service(serviceId)),
    text: { 'zh-CN': '删除服务（有接口属于它时拒绝）', en: 'Delete a service; refused while interfaces belong to it' },
    input: Type.Object({ serviceId: ServiceId }, closed),
    audited: true,
    subject: ({ serviceId }) => serviceId,
    async run(ctx, { serviceId }) {
      ctx.note.before = existing(await registry.services.get(serviceId), serviceId);
      await refuseIfNamed(registry, serviceId, (document) => document.serviceId === serviceId);
      const removed = await registry.services.remove(serviceId);
      plans.changed();
      return { removed };
    },
  });
}
