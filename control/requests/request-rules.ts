/**
 * Actions that a person may request: who may request each one, which right they lack, and the state that the requester
 * and the decider look at.
 */
import { createHash } from 'node:crypto';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { GrantDocument } from '../../gateways/documents/caller-documents.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { RequestRights } from '../action/run-action.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { DomainScope } from '../access/domains.ts';
import { domainsLacking } from '../flows/flow-references.ts';
import { requireSameSides } from '../callers/grant-fixed.ts';
import { type Owners, versionInService } from '../action/owners.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { REQUEST_RIGHTS } from './request-rights.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { WaitingCollections } from '../../engine/collections/waiting-collections.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';

export interface RequestRulesServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly owners: Owners;
  readonly waiting: Pick<WaitingCollections, 'list'>;
}

export interface RequestRule<Input = unknown> extends RequestRights {
  /**
   * Returns the domains that a person with the right still lacks; null stands for all domains. Absent if an action of
   * this kind never lacks any.
   */
  lacking?(input: Input, domains: DomainScope): Promise<readonly (string | null)[]>;
  /** Returns the present state of the object; undefined if it was removed. Rejects if the action itself would fail. */
  look(input: Input): Promise<AskedState | undefined>;
  /**
   * Returns the wanted change without ids that are new in each request. If absent, the input itself is the wanted
   * change.
   */
  wanted?(input: Input): unknown;
  /** Adds the reason of the request to the input. */
  complete?(input: Input, reason: string): Input;
}

/** The stored state at the time when a person looks at a request. */
export interface AskedState {
  /** Names of the objects that the request is about. */
  readonly names: readonly Text[];
  /** Revision of the object that would change; 0 before it exists. */
  readonly revision: number;
  /** The revision that the input is based on; undefined if the input does not name one. */
  readonly from: number | undefined;
  /**
   * Digest of everything that determines the effect of the action. If it changes, the action would not do what the
   * person saw.
   */
  readonly digest: string;
}

export function requestRules(services: RequestRulesServices): Readonly<Record<string, RequestRule>> {
  const { bindingStore, catalog, registry } = services;
  const acts = {
    'flows.publish': askable<{ flowId: string; note?: string; revision?: number }>({
      ...REQUEST_RIGHTS['flows.publish'],
      lacking: async ({ flowId }, domains) => domainsLacking(services, domains, await catalog.draft(flowId)),
      async look({ flowId, revision: from }) {
        const draft = await catalog.draft(flowId);
        if (draft === undefined) return undefined;
        const { name, revision } = draft;
        return { names: [name], revision, from, digest: digestOf([revision, await servingNumber(services, flowId)]) };
      },
      wanted: ({ flowId, revision }) => ({ flowId, revision }),
      complete: (input, reason) => ({ ...input, note: input.note ?? reason }),
    }),
    'interfaces.save': askable<{ interfaceId: string; document: InterfaceDocument }>({
      ...REQUEST_RIGHTS['interfaces.save'],
      async look({ interfaceId, document: { name, revision: from, target, ...document } }) {
        requireSameId(document.interfaceId, interfaceId);
        const stored = await registry.interfaces.get(interfaceId);
        const flow = await flowOf(services, target);
        if (flow === 'gone') return undefined;
        return { names: [stored?.name ?? name], revision: stored?.revision ?? 0, from, digest: digestOf([stored ?? null, flow]) };
      },
      wanted: ({ document: { interfaceId, ...document } }) => (document.revision === 0 ? document : { interfaceId, ...document }),
    }),
    'interfaces.set-state': askable<{ interfaceId: string; revision?: number }>({
      ...REQUEST_RIGHTS['interfaces.set-state'],
      async look({ interfaceId, revision: from }) {
        const stored = await registry.interfaces.get(interfaceId);
        const flow = await flowOf(services, stored?.target);
        if (stored === undefined || flow === 'gone') return undefined;
        return { names: [stored.name], revision: stored.revision, from, digest: digestOf([stored, flow]) };
      },
    }),
    'grants.save': askable<{ grantId: string; document: GrantDocument }>({
      ...REQUEST_RIGHTS['grants.save'],
      async look({ grantId, document }) {
        requireSameId(document.grantId, grantId);
        const { appId, interfaceId, revision: from } = document;
        const [app, offered] = [await registry.apps.get(appId), await registry.interfaces.get(interfaceId)];
        if (app === undefined || offered === undefined) return undefined;
        const stored = await registry.grants.get(grantId);
        requireSameSides(stored, document);
        // Two people may request the same grant. If one of them got it, the other request is outdated, so look for that
        // grant too.
        const granted = stored ?? (await registry.grants.list()).find((one) => one.appId === appId && one.interfaceId === interfaceId);
        const digest = digestOf([granted ?? null, contentOf(offered), contentOf(app)]);
        return { names: [offered.name, app.name], revision: stored?.revision ?? 0, from, digest };
      },
      wanted: ({ document: { grantId, ...document } }) => (document.revision === 0 ? document : { grantId, ...document }),
    }),
    'adapters.save': askable<{ adapterId: string; document: AdapterDocument }>({
      ...REQUEST_RIGHTS['adapters.save'],
      async look({ adapterId, document: { name, revision: from, ...document } }) {
        requireSameId(document.adapterId, adapterId);
        const stored = await bindingStore.getAdapter(adapterId);
        return { names: [stored?.name ?? name], revision: stored?.revision ?? 0, from, digest: digestOf(stored ?? null) };
      },
    }),
    'brokers.purge': removalIn(bindingStore),
    'brokers.remove-destination': removalIn(bindingStore),
    'flow-data.remove-items': askable<{ domain: string; collection: string }>({
      ...REQUEST_RIGHTS['flow-data.remove-items'],
      // How much waits changes all the time, so it does not make the request outdated.
      async look({ domain, collection }) {
        const isThere = (await services.waiting.list()).some((one) => one.domain === domain && one.collection === collection);
        const names = [{ 'zh-CN': collection, en: collection }];
        return isThere ? { names, revision: 0, from: 0, digest: digestOf([domain, collection]) } : undefined;
      },
    }),
  };
  return acts;
}

/**
 * Removing messages of a broker. The request is outdated if the adapter now leads to another place; how many messages
 * there are changes all the time.
 */
function removalIn(bindingStore: BindingStore): RequestRule {
  return askable<{ adapterId: string; name: string }>({
    ...REQUEST_RIGHTS['brokers.purge'],
    async look({ adapterId, name }) {
      const adapter = await bindingStore.getAdapter(adapterId);
      if (adapter === undefined) return undefined;
      const { revision, environments, credential = null } = adapter;
      const names = [adapter.name, { 'zh-CN': name, en: name }];
      return { names, revision, from: revision, digest: digestOf([environments, credential]) };
    },
  });
}

/**
 * Returns an interface or app without its revision and state. Switching it on or off is a separate decision and does
 * not affect a grant.
 */
function contentOf<T extends { readonly revision: number; readonly state: string }>(document: T): Omit<T, 'revision' | 'state'> {
  const { revision: _revision, state: _state, ...content } = document;
  return content;
}

/** Erases the type of the input. This is safe, because the schema of the action checks the input first. */
function askable<Input>(act: RequestRule<Input>): RequestRule {
  return act as RequestRule;
}

/**
 * Returns the version that callers of an interface get; null if no version is published or the target is an upstream;
 * `gone` if the flow was removed.
 */
async function flowOf(services: RequestRulesServices, target: InterfaceDocument['target'] | undefined): Promise<number | null | 'gone'> {
  if (target?.kind !== 'flow') return null;
  return (await services.catalog.draft(target.flowId)) === undefined ? 'gone' : servingNumber(services, target.flowId);
}

async function servingNumber({ catalog }: RequestRulesServices, flowId: string): Promise<number | null> {
  return (await versionInService(catalog, flowId))?.version ?? null;
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
