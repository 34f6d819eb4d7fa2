/** Names of service domains, for people to choose from. */
import { Type } from 'typebox';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { Registry } from '../registry/registry.ts';

export interface DomainNameServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly registry: Registry;
  readonly accounts: AccountStore;
}

export interface DomainList {
  /**
   * The domains of the person. For a person with all domains: every domain that owns an object or is assigned to an
   * account, most used first.
   */
  readonly items: readonly string[];
  /** True if the person may name a domain that has no objects yet. */
  readonly mayBeNew: boolean;
}

export function domainNameActions(services: DomainNameServices): readonly Action[] {
  return [
    defineAction({
      name: 'domains.list',
      right: 'system.read',
      domain: 'filtered',
      text: { 'zh-CN': '可选的服务域', en: 'Service domains to choose from' },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ domains }): Promise<DomainList> =>
        domains.only === undefined ? { items: await namesInUse(services), mayBeNew: true } : { items: domains.only, mayBeNew: false },
    }),
  ];
}

async function namesInUse({ catalog, bindingStore, registry, accounts }: DomainNameServices): Promise<readonly string[]> {
  const owned = await Promise.all([
    catalog.list(),
    bindingStore.listAdapters(),
    bindingStore.listTables(),
    registry.interfaces.list(),
    registry.apps.list(),
  ]);
  const counts = new Map<string, number>();
  for (const { domain } of owned.flat()) if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  for (const { domains } of await accounts.list())
    if (domains !== 'all') for (const name of domains) counts.set(name, counts.get(name) ?? 0);
  return [...counts].sort(([a, most], [b, more]) => more - most || a.localeCompare(b)).map(([name]) => name);
}
