/** All stores that a gateway plan is built from, opened together. */
import type { AppDocument, BusConsumer, GrantDocument, UserTokenIssuer, UserTokenKey } from '../../gateways/documents/caller-documents.ts';
import type { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import type { ManualState } from '../../gateways/documents/manual-state.ts';
import type { ServiceDocument } from '../../gateways/documents/service-document.ts';
import type { BlockedCaller } from '../../gateways/documents/blocked-caller.ts';
import type { SafeSite } from '../../gateways/documents/safe-site.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import { openInterfaceStore, type InterfaceStore } from './interface-store.ts';
import { openKeyStore, type KeyStore, type KeyStoreDeps } from './key-store.ts';
import { openPlatformKeyStore, type PlatformKeyStore } from './platform-key-store.ts';
import { openInstanceLists, type InstanceLists } from './instance-lists.ts';
import { openRevisionedStore, type RevisionedStore } from './revisioned-store.ts';

export interface Revised<T> {
  readonly id: string;
  readonly revision: number;
  readonly value: T;
}

export interface Registry {
  readonly interfaces: InterfaceStore;
  readonly apps: RevisionedStore<AppDocument>;
  readonly keys: KeyStore;
  readonly grants: RevisionedStore<GrantDocument>;
  readonly userTokenKeys: RevisionedStore<Revised<UserTokenKey>>;
  readonly userTokenIssuers: RevisionedStore<Revised<UserTokenIssuer>>;
  readonly busConsumers: RevisionedStore<Revised<BusConsumer>>;
  readonly platformKeys: PlatformKeyStore;
  readonly blockedCallers: RevisionedStore<BlockedCaller>;
  /** Key of the digests of blocked callers, base64url. It is derived from the keys of the store. */
  readonly blockedCallersKey: string;
  readonly safeSites: RevisionedStore<SafeSite>;
  readonly services: RevisionedStore<ServiceDocument>;
  readonly manualStates: RevisionedStore<ManualState>;
  readonly ipLists: RevisionedStore<IpListDocument>;
  readonly objectRules: RevisionedStore<ObjectRuleSet>;
  /** What registry centres said about the instances of services. */
  readonly instanceLists: InstanceLists;
}

export async function openRegistry(deps: KeyStoreDeps): Promise<Registry> {
  const { documents } = deps;
  return {
    interfaces: await openInterfaceStore(documents),
    apps: await openRevisionedStore<AppDocument>(documents, { collection: 'apps', idOf: (app) => app.appId }),
    keys: await openKeyStore(deps),
    grants: await openRevisionedStore<GrantDocument>(documents, {
      collection: 'grants',
      idOf: (grant) => grant.grantId,
      indexed: ['appId', 'interfaceId'],
      uniqueNames: ['pair'],
      unique: (grant) => ({ pair: `${grant.appId}|${grant.interfaceId}` }),
      clash: (grant, other) =>
        new AppError(
          'GRANT_EXISTS',
          'input',
          `${grant.appId} already has a grant for ${grant.interfaceId}: ${other?.grantId ?? 'another grant'}.`,
          {
            values: { appId: grant.appId, interfaceId: grant.interfaceId, grantId: other?.grantId ?? '' },
            fix: 'Change that grant instead.',
          },
        ),
    }),
    userTokenKeys: await openRevisionedStore<Revised<UserTokenKey>>(documents, { collection: 'user_token_keys', idOf: (key) => key.id }),
    userTokenIssuers: await openRevisionedStore<Revised<UserTokenIssuer>>(documents, {
      collection: 'user_token_issuers',
      idOf: (issuer) => issuer.id,
    }),
    busConsumers: await openRevisionedStore<Revised<BusConsumer>>(documents, {
      collection: 'bus_consumers',
      idOf: (consumer) => consumer.id,
    }),
    platformKeys: await openPlatformKeyStore(deps),
    blockedCallers: await openRevisionedStore<BlockedCaller>(documents, { collection: 'blocked_callers', idOf: (entry) => entry.blockId }),
    blockedCallersKey: deps.seal.token('blocked-callers', 'key'),
    safeSites: await openRevisionedStore<SafeSite>(documents, { collection: 'safe_sites', idOf: (site) => site.siteId }),
    services: await openRevisionedStore<ServiceDocument>(documents, { collection: 'services', idOf: (service) => service.serviceId }),
    manualStates: await openRevisionedStore<ManualState>(documents, { collection: 'manual_states', idOf: (manual) => manual.interfaceId }),
    ipLists: await openRevisionedStore<IpListDocument>(documents, { collection: 'ip_lists', idOf: (list) => list.listId }),
    objectRules: await openRevisionedStore<ObjectRuleSet>(documents, { collection: 'object_rules', idOf: (set) => set.ruleSetId }),
    instanceLists: await openInstanceLists(deps),
  };
}
