/**
 * Consumers of the bus front. A consumer has a token that is generated here and shown once, or a client certificate
 * that is identified by its fingerprint.
 */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { AppId, CallerId, Expiry, Label } from './caller-inputs.ts';
import { type DomainRequirement, existing, notFound } from '../access/domains.ts';
import type { Revised } from '../registry/registry.ts';
import type { BusConsumer } from '../../gateways/documents/caller-documents.ts';

export function consumerActions(services: CallerServices): readonly Action[] {
  return [listConsumers(services), removeConsumer(services), createToken(services), addCertificate(services)];
}

function listConsumers({ registry }: CallerServices): Action {
  const { apps, busConsumers } = registry;
  return defineAction({
    name: 'bus-consumers.list',
    right: 'callers.read',
    domain: 'filtered',
    text: { 'zh-CN': '总线消费方列表', en: 'List bus consumers' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish) {
      const seen = new Set(domains.keep(await apps.list()).map(({ appId }) => appId));
      const consumers = (await busConsumers.list()).filter(({ value }) => domains.only === undefined || seen.has(value.appId));
      return pageOf(consumers.map(withoutDigest), ({ id }) => [id], wish);
    },
  });
}

function removeConsumer({ registry, plans, owners }: CallerServices): Action {
  return defineAction({
    name: 'bus-consumers.remove',
    right: 'callers.edit',
    domain: ({ id }) => all(owners.consumer(id)),
    text: { 'zh-CN': '删除总线消费方', en: 'Delete a bus consumer' },
    input: Type.Object({ id: CallerId }, closed),
    audited: true,
    stepUp: true,
    subject: ({ id }) => id,
    async run(_ctx, { id }) {
      if (!(await registry.busConsumers.remove(id))) throw notFound(id);
      plans.changed();
      return { removed: true };
    },
  });
}

function createToken({ registry, plans, crypto, clock, owners }: CallerServices): Action {
  const { apps, busConsumers } = registry;
  return defineAction({
    name: 'bus-consumers.create-token',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '生成总线令牌，只显示这一次', en: 'Create a bus token; it is shown only once' },
    input: Type.Object({ appId: AppId, label: Label, expiresAt: Expiry }, closed),
    audited: true,
    stepUp: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId, label, expiresAt }) {
      existing(await apps.get(appId), appId);
      const token = `kqb_${Buffer.from(crypto.randomBytes(32)).toString('base64url')}`;
      const tokenDigest = Buffer.from(crypto.digest('sm3', token)).toString('hex');
      const about = aboutConsumer(clock.now(), label, expiresAt);
      const saved = await busConsumers.save({ id: consumerId(tokenDigest), revision: 0, value: { appId, tokenDigest, ...about } });
      ctx.note.after = { id: saved.id, ...about };
      plans.changed();
      return { id: saved.id, appId, token };
    },
  });
}

function addCertificate({ registry, plans, clock, owners }: CallerServices): Action {
  const { apps, busConsumers } = registry;
  return defineAction({
    name: 'bus-consumers.add-certificate',
    right: 'callers.edit',
    domain: ({ appId, certificateFingerprint }) => addingConsumer(owners, appId, consumerId(certificateFingerprint)),
    text: { 'zh-CN': '登记客户端证书指纹', en: 'Register a client certificate by its SHA-256 fingerprint' },
    input: Type.Object(
      { appId: AppId, certificateFingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }), label: Label, expiresAt: Expiry },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId, certificateFingerprint, label, expiresAt }) {
      existing(await apps.get(appId), appId);
      const about = aboutConsumer(clock.now(), label, expiresAt);
      const saved = await busConsumers.save({
        id: consumerId(certificateFingerprint),
        revision: 0,
        value: { appId, certificateFingerprint, ...about },
      });
      ctx.note.after = { id: saved.id, ...about };
      plans.changed();
      return saved;
    },
  });
}

function aboutConsumer(createdAt: number, label: string | undefined, expiresAt: number | undefined) {
  return { createdAt, ...(label === undefined ? {} : { label }), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function withoutDigest({
  value: { tokenDigest: _digest, ...value },
  ...item
}: Revised<BusConsumer>): Revised<Omit<BusConsumer, 'tokenDigest'>> {
  return { ...item, value };
}

/**
 * Returns the domains that adding a consumer requires. A certificate belongs to only one app, and the error for a
 * second app names the first one. So the domain of the first app is required too.
 */
async function addingConsumer(owners: Owners, appId: string, id: string): Promise<readonly DomainRequirement[]> {
  return [await owners.app(appId), { ...(await owners.consumer(id)), mayBeNew: true }];
}

function consumerId(digest: string): string {
  return `bus_${digest.slice(0, 20)}`;
}
