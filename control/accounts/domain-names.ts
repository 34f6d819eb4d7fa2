/** Names of service domains, for people to choose from. */
import { defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
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

/**
 * The domains of the person. For a person with all domains: every domain that owns an object or is assigned to an
 * account, most used first.
 */
export interface DomainList extends Page<string> {
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
      input: onlyPage,
      audited: false,
      async run({ domains }, wish): Promise<DomainList> {
        const ranks = domains.only === undefined ? await ranksInUse(services) : new Map(domains.only.map((name, rank) => [name, rank]));
        return { ...pageOf([...ranks.keys()], (name) => [ranks.get(name)!, name], wish), mayBeNew: domains.only === undefined };
      },
    }),
  ];
}

/** Returns the rank of each domain. The most used domain has the lowest rank. */
async function ranksInUse({ catalog, bindingStore, registry, accounts }: DomainNameServices): Promise<ReadonlyMap<string, number>> {
  const owned = await Promise.all([
    catalog.list(),
    bindingStore.listAdapters(),
    bindingStore.listTables(),
    registry.interfaces.list(),
    registry.apps.list(),
  ]);
  const ranks = new Map<string, number>();
  for (const { domain } of owned.flat()) if (domain !== undefined) ranks.set(domain, (ranks.get(domain) ?? 0) - 1);
  for (const { domains } of await accounts.list()) if (domains !== 'all') for (const name of domains) ranks.set(name, ranks.get(name) ?? 0);
  return ranks;
}
