/** Actions for apps, the callers of interfaces. */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import type { AppKey } from '../registry/key-store.ts';
import type { Registry } from '../registry/registry.ts';
import { all, saving } from '../action/owners.ts';
import { onlyPage, type Page, pageOf, type PageQuery } from '../action/pages.ts';
import { type DomainScope, existing } from '../access/domains.ts';
import { AppId, byApp } from './caller-inputs.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { grantsSeen } from './grants-seen.ts';
import { AppDocument } from '../../gateways/documents/caller-documents.ts';

export interface AppItem extends AppDocument {
  readonly keys: { readonly pending: number; readonly active: number; readonly retiring: number };
  readonly grants: number;
  readonly busConsumers: number;
  /** The earliest expiry of a usable key, a grant or a bus consumer, in epoch milliseconds. */
  readonly expiresAt?: number;
}

export function appActions(services: CallerServices): readonly Action[] {
  return [listApps(services), getApp(services), saveApp(services), removeApp(services)];
}

function listApps({ registry }: CallerServices): Action {
  return defineAction({
    name: 'apps.list',
    right: 'callers.read',
    domain: 'filtered',
    text: { 'zh-CN': '应用列表', en: 'List apps' },
    input: onlyPage,
    audited: false,
    run: async ({ domains }, wish): Promise<Page<AppItem>> => readApps(registry, domains, wish),
  });
}

function getApp({ registry, owners }: CallerServices): Action {
  const { apps } = registry;
  return defineAction({
    name: 'apps.get',
    right: 'callers.read',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '读取应用', en: 'Read an app' },
    input: byApp,
    audited: false,
    run: async (_ctx, { appId }) => existing(await apps.get(appId), appId),
  });
}

function saveApp({ registry, plans, owners }: CallerServices): Action {
  const { apps } = registry;
  return defineAction({
    name: 'apps.save',
    right: 'callers.edit',
    domain: ({ appId, document }) => saving(owners.app(appId), document),
    text: { 'zh-CN': '保存应用', en: 'Save an app' },
    input: Type.Object({ appId: AppId, document: AppDocument }, closed),
    audited: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId, document }) {
      requireSameId(document.appId, appId);
      const before = await apps.get(appId);
      // A new app must not inherit the access of an earlier app with the same id.
      if (before === undefined) await removeAccess(registry, appId);
      ctx.note.before = before;
      const saved = await apps.save(document);
      ctx.note.after = saved;
      plans.changed();
      return saved;
    },
  });
}

function removeApp({ registry, plans, owners }: CallerServices): Action {
  const { apps } = registry;
  return defineAction({
    name: 'apps.remove',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '删除应用及其密钥、授权与总线消费方', en: 'Delete an app with its keys, grants and bus consumers' },
    input: byApp,
    audited: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId }) {
      ctx.note.before = existing(await apps.get(appId), appId);
      // Remove the app last, so that the deletion can be retried until everything else is removed.
      await removeAccess(registry, appId);
      const removed = await apps.remove(appId);
      plans.changed();
      return { removed };
    },
  });
}

/** Removes every credential and grant of the app. */
async function removeAccess({ keys, grants, busConsumers }: Registry, appId: string): Promise<void> {
  await keys.removeAll(appId);
  for (const grant of await grants.listBy('appId', appId)) await grants.remove(grant.grantId);
  for (const { id, value } of await busConsumers.list()) if (value.appId === appId) await busConsumers.remove(id);
}

async function readApps(registry: Registry, domains: DomainScope, wish: PageQuery): Promise<Page<AppItem>> {
  const { apps, keys, busConsumers } = registry;
  const seen = grantsSeen(registry, domains);
  const [every, allKeys, allGrants, consumers] = await Promise.all([apps.list(), keys.list(), seen, busConsumers.list()]);
  const keysByApp = Map.groupBy(allKeys, ({ appId }) => appId);
  const grantsByApp = Map.groupBy(allGrants, ({ appId }) => appId);
  const { items, ...rest } = pageOf(domains.keep(every), ({ appId }) => [appId], wish);
  const counted = items.map((app) => {
    // With an encryption key an app cannot sign, so it does not count.
    const own = (keysByApp.get(app.appId) ?? []).filter(({ purpose }) => purpose !== 'encrypt');
    const granted = grantsByApp.get(app.appId) ?? [];
    const count = (state: AppKey['state']) => own.filter((key) => key.state === state).length;
    const usable = own.filter(({ state }) => state === 'ACTIVE' || state === 'RETIRING');
    const onBus = consumers.filter(({ value }) => value.appId === app.appId).map(({ value }) => value);
    const ends = [...usable, ...granted, ...onBus].flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
    return {
      ...app,
      keys: { pending: count('PENDING'), active: count('ACTIVE'), retiring: count('RETIRING') },
      grants: granted.length,
      busConsumers: onBus.length,
      ...(ends.length === 0 ? {} : { expiresAt: Math.min(...ends) }),
    };
  });
  return { items: counted, ...rest };
}
