/** Finds the documents that an import must save, each with the stored document of the same id. */
import type { ActionContext } from '../action/action.ts';
import { requireSecretsRight } from '../adapters/adapters.ts';
import { changedPointers } from '../action/changed-pointers.ts';
import type { BundleDocument } from './bundle-document.ts';
import { requirePublishRight } from '../interfaces/interfaces.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { Registry } from '../registry/registry.ts';

export interface BundleWritesServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly registry: Registry;
}

/** One document of the bundle to save, with its changes. */
export interface Write {
  readonly kind: 'adapter' | 'table' | 'flow' | 'service' | 'ip-list' | 'rule-set' | 'interface';
  readonly id: string;
  /** Position of the document in the bundle, such as `/adapters/0`. */
  readonly path: string;
  readonly before: { readonly revision: number } | undefined;
  /** JSON Pointers to the places that differ from the stored document, without the values. */
  readonly changed: readonly string[];
  save(): Promise<{ readonly revision: number }>;
}

/**
 * Returns the writes of an import, ordered by dependency. Rejects with PERMISSION_DENIED (input) if the person has no
 * right to save one of the documents.
 */
export async function writesOf(services: BundleWritesServices, ctx: ActionContext, bundle: BundleDocument): Promise<readonly Write[]> {
  const { bindingStore, catalog, registry } = services;
  const { adapters = [], tables = [], flows = [], services: named = [], ipLists = [], ruleSets = [], interfaces = [] } = bundle;
  const writes: Write[] = [];
  for (const [index, adapter] of adapters.entries()) {
    const before = await bindingStore.getAdapter(adapter.adapterId);
    requireSecretsRight(ctx, before, adapter);
    const save: Save = (revision) => bindingStore.saveAdapter({ ...adapter, revision }, revision);
    writes.push(writeOf('adapter', adapter.adapterId, `/adapters/${index}`, before, adapter, save));
  }
  for (const [index, table] of tables.entries()) {
    const before = await bindingStore.getTable(table.tableId);
    const save: Save = (revision) => bindingStore.saveTable({ ...table, revision }, revision);
    writes.push(writeOf('table', table.tableId, `/tables/${index}`, before, table, save));
  }
  for (const [index, flow] of flows.entries()) {
    const before = await catalog.draft(flow.flowId);
    const save: Save = (revision) => catalog.saveDraft({ ...flow, revision }, ctx.actor.account);
    writes.push(writeOf('flow', flow.flowId, `/flows/${index}`, before, flow, save));
  }
  for (const [index, service] of named.entries()) {
    const before = await registry.services.get(service.serviceId);
    // Who may only edit must not take interfaces online or offline with it.
    if (before !== undefined && before.state !== service.state) ctx.require('interfaces.publish');
    const save: Save = (revision) => registry.services.save({ ...service, revision });
    writes.push(writeOf('service', service.serviceId, `/services/${index}`, before, service, save));
  }
  for (const [index, list] of ipLists.entries()) {
    const before = await registry.ipLists.get(list.listId);
    const save: Save = (revision) => registry.ipLists.save({ ...list, revision });
    writes.push(writeOf('ip-list', list.listId, `/ipLists/${index}`, before, list, save));
  }
  for (const [index, set] of ruleSets.entries()) {
    const before = await registry.objectRules.get(set.ruleSetId);
    const save: Save = (revision) => registry.objectRules.save({ ...set, revision });
    writes.push(writeOf('rule-set', set.ruleSetId, `/ruleSets/${index}`, before, set, save));
  }
  for (const [index, item] of interfaces.entries()) {
    const before = await registry.interfaces.get(item.interfaceId);
    requirePublishRight(ctx, before, item);
    const save: Save = (revision) => registry.interfaces.save({ ...item, revision });
    writes.push(writeOf('interface', item.interfaceId, `/interfaces/${index}`, before, item, save));
  }
  return writes;
}

/** Saves the document; called with the stored revision, or with 0 if the document is new. */
type Save = (revision: number) => Promise<{ readonly revision: number }>;

function writeOf(kind: Write['kind'], id: string, path: string, before: Write['before'], document: object, save: Save): Write {
  return { kind, id, path, before, changed: changesOf(before, document), save: () => save(before?.revision ?? 0) };
}

function changesOf(before: { readonly revision: number } | undefined, document: object): readonly string[] {
  return before === undefined ? [] : changedPointers(before, { ...document, revision: before.revision });
}
