/** Finds the names of the objects that audit lines are about. */
import type { Text } from '../../engine/contract/values/texts.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { Registry } from '../registry/registry.ts';

export interface ObjectNamesServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly registry: Registry;
  readonly accounts: AccountStore;
}

/** The kinds of objects, in the order in which they are listed. */
export const OBJECT_KINDS = ['flow', 'adapter', 'table', 'interface', 'app', 'account'] as const;

export interface NamedObject {
  readonly id: string;
  readonly kind: (typeof OBJECT_KINDS)[number];
  readonly name: Text;
}

export async function objectNames({
  catalog,
  bindingStore,
  registry,
  accounts,
}: ObjectNamesServices): Promise<ReadonlyMap<string, NamedObject>> {
  const [flows, adapters, tables, interfaces, apps, people] = await Promise.all([
    catalog.list(),
    bindingStore.listAdapters(),
    bindingStore.listTables(),
    registry.interfaces.list(),
    registry.apps.list(),
    accounts.list(),
  ]);
  const objects: readonly NamedObject[] = [
    ...flows.map(({ flowId: id, name }) => ({ id, kind: 'flow' as const, name })),
    ...adapters.map(({ adapterId: id, name }) => ({ id, kind: 'adapter' as const, name })),
    ...tables.map(({ tableId: id, name }) => ({ id, kind: 'table' as const, name })),
    ...interfaces.map(({ interfaceId: id, name }) => ({ id, kind: 'interface' as const, name })),
    ...apps.map(({ appId: id, name }) => ({ id, kind: 'app' as const, name })),
    ...people.map(({ name: id }) => ({ id, kind: 'account' as const, name: { 'zh-CN': id, en: id } })),
  ];
  return new Map(objects.map((object) => [object.id, object]));
}
