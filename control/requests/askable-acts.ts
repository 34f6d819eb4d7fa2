/** Acts that may be asked for: who may ask, what they lack, and what both sides look at. */
import { createHash } from 'node:crypto';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { GrantDocument, InterfaceDocument } from '../../gateways/documents.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { DomainScope } from '../access/domains.ts';
import { domainsLacking } from '../flows/flow-references.ts';
import { requireSameSides } from '../callers/grant-fixed.ts';
import { type Owners, versionInService } from '../action/owners.ts';
import { requireSameId } from '../action/require-same-id.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';

export interface AskableActsServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly owners: Owners;
}

export interface AskableAct<Input = unknown> {
  /** What the person must be able to do to ask for it. */
  readonly asks: Permission;
  /** What they lack, unless it is a domain. */
  readonly needs: Permission;
  /** The domains of others that are in the way of a person who has the right; null: all of them. Absent: no act of this kind meets any. */
  lacking?(input: Input, domains: DomainScope): Promise<readonly (string | null)[]>;
  /** Undefined when what it is about is gone. Refuses what the act itself would not take. */
  look(input: Input): Promise<AskedState | undefined>;
  /** What is wanted, without the ids that differ each time; absent: the input. */
  wanted?(input: Input): unknown;
  /** The input with what the asking side has said by its reason. */
  complete?(input: Input, reason: string): Input;
}

/** What stands in the store when somebody looks at a request. */
export interface AskedState {
  /** What the things are called that it is about. */
  readonly names: readonly Text[];
  /** Of what would be changed; 0 before it exists. */
  readonly revision: number;
  /** From which one the input begins; undefined: it does not say. */
  readonly from: number | undefined;
  /** Another one means that the act would do something else than was looked at. */
  readonly digest: string;
}

export function askableActs(services: AskableActsServices): Readonly<Record<string, AskableAct>> {
  const { bindingStore, catalog, registry } = services;
  const acts = {
    'flows.publish': askable<{ flowId: string; note?: string; revision?: number }>({
      asks: 'flows.read',
      needs: 'flows.publish',
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
      asks: 'interfaces.read',
      needs: 'interfaces.edit',
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
      asks: 'interfaces.read',
      needs: 'interfaces.publish',
      async look({ interfaceId, revision: from }) {
        const stored = await registry.interfaces.get(interfaceId);
        const flow = await flowOf(services, stored?.target);
        if (stored === undefined || flow === 'gone') return undefined;
        return { names: [stored.name], revision: stored.revision, from, digest: digestOf([stored, flow]) };
      },
    }),
    'grants.save': askable<{ grantId: string; document: GrantDocument }>({
      asks: 'interfaces.edit',
      needs: 'grants.edit',
      async look({ grantId, document }) {
        requireSameId(document.grantId, grantId);
        const { appId, interfaceId, revision: from } = document;
        const [app, offered] = [await registry.apps.get(appId), await registry.interfaces.get(interfaceId)];
        if (app === undefined || offered === undefined) return undefined;
        const stored = await registry.grants.get(grantId);
        requireSameSides(stored, document);
        // Two may ask for the same grant: what was granted by the first is not granted once more.
        const granted = stored ?? (await registry.grants.list()).find((one) => one.appId === appId && one.interfaceId === interfaceId);
        const digest = digestOf([granted ?? null, contentOf(offered), contentOf(app)]);
        return { names: [offered.name, app.name], revision: stored?.revision ?? 0, from, digest };
      },
      wanted: ({ document: { grantId, ...document } }) => (document.revision === 0 ? document : { grantId, ...document }),
    }),
    'adapters.save': askable<{ adapterId: string; document: AdapterDocument }>({
      asks: 'adapters.edit',
      needs: 'secrets.edit',
      async look({ adapterId, document: { name, revision: from, ...document } }) {
        requireSameId(document.adapterId, adapterId);
        const stored = await bindingStore.getAdapter(adapterId);
        return { names: [stored?.name ?? name], revision: stored?.revision ?? 0, from, digest: digestOf(stored ?? null) };
      },
    }),
  };
  return acts;
}

/** An interface or app without its state: whether it is on is decided by others, and no matter of a grant. */
function contentOf<T extends { readonly revision: number; readonly state: string }>(document: T): Omit<T, 'revision' | 'state'> {
  const { revision: _revision, state: _state, ...content } = document;
  return content;
}

/** Forgets the type of its input, as actions do: it is checked by the act's own schema before it comes here. */
function askable<Input>(act: AskableAct<Input>): AskableAct {
  return act as AskableAct;
}

/** The version that callers of an interface get; null: none yet, or it leads to an upstream. */
async function flowOf(services: AskableActsServices, target: InterfaceDocument['target'] | undefined): Promise<number | null | 'gone'> {
  if (target?.kind !== 'flow') return null;
  return (await services.catalog.draft(target.flowId)) === undefined ? 'gone' : servingNumber(services, target.flowId);
}

async function servingNumber({ catalog }: AskableActsServices, flowId: string): Promise<number | null> {
  return (await versionInService(catalog, flowId))?.version ?? null;
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
