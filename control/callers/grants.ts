/** Grants: which app may call which interface, and until when. */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import { pageFields, pageOf } from '../action/pages.ts';
import { type DomainRequirement, existing } from '../access/domains.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { AppId } from './caller-inputs.ts';
import { grantsSeen } from './grants-seen.ts';
import { requireSameSides } from './grant-fixed.ts';
import { GrantDocument } from '../../gateways/documents/caller-documents.ts';

export function grantActions(services: CallerServices): readonly Action[] {
  return [listGrants(services), saveGrant(services), removeGrant(services)];
}

function listGrants({ registry }: CallerServices): Action {
  const { grants } = registry;
  return defineAction({
    name: 'grants.list',
    right: 'callers.read',
    domain: 'filtered',
    text: { 'zh-CN': '授权列表', en: 'List grants' },
    input: Type.Object({ appId: Type.Optional(AppId), ...pageFields }, closed),
    audited: false,
    async run({ domains }, { appId, ...wish }) {
      const seen = domains.only === undefined && appId !== undefined ? grants.listBy('appId', appId) : grantsSeen(registry, domains);
      const wanted = (await seen).filter((grant) => appId === undefined || grant.appId === appId);
      return pageOf(wanted, ({ grantId }) => [grantId], wish);
    },
  });
}

function saveGrant({ registry, plans, owners }: CallerServices): Action {
  const { apps, grants, interfaces } = registry;
  return defineAction({
    name: 'grants.save',
    right: 'grants.edit',
    domain: ({ grantId, document }) => savingGrant(owners, grantId, document),
    text: { 'zh-CN': '授权应用调用接口', en: 'Grant an interface to an app' },
    input: Type.Object({ grantId: GrantDocument.properties.grantId, document: GrantDocument }, closed),
    audited: true,
    subject: ({ document }) => `${document.appId} -> ${document.interfaceId}`,
    async run(ctx, { grantId, document }) {
      requireSameId(document.grantId, grantId);
      existing(await apps.get(document.appId), document.appId);
      existing(await interfaces.get(document.interfaceId), document.interfaceId);
      const stored = await grants.get(grantId);
      requireSameSides(stored, document);
      ctx.note.before = stored;
      const saved = await grants.save(document);
      ctx.note.after = saved;
      plans.changed();
      return saved;
    },
  });
}

function removeGrant({ registry, plans, owners }: CallerServices): Action {
  const { grants } = registry;
  return defineAction({
    name: 'grants.remove',
    right: 'grants.edit',
    domain: ({ grantId }) => all(owners.grant(grantId)),
    text: { 'zh-CN': '收回授权', en: 'Revoke a grant' },
    input: Type.Object({ grantId: Type.String({ maxLength: 64 }) }, closed),
    audited: true,
    subject: ({ grantId }) => grantId,
    async run(ctx, { grantId }) {
      ctx.note.before = existing(await grants.get(grantId), grantId);
      const removed = await grants.remove(grantId);
      plans.changed();
      return { removed };
    },
  });
}

/**
 * Returns the domains that saving a grant requires. A grant connects an app and an interface, so the domains of both
 * are required.
 */
async function savingGrant(owners: Owners, grantId: string, { appId, interfaceId }: GrantDocument): Promise<readonly DomainRequirement[]> {
  const sides = await Promise.all([owners.app(appId), owners.interface(interfaceId)]);
  return [{ ...(await owners.grant(grantId)), mayBeNew: true }, ...sides];
}
