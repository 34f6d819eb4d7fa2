/** What the things are called that acts are about. */
import type { Text } from '../../engine/contract/values/texts.ts';
import type { ControlServices } from '../services.ts';

export interface NamedObject {
  readonly id: string;
  readonly kind: 'flow' | 'adapter' | 'table' | 'interface' | 'app' | 'account';
  readonly name: Text;
}

export async function objectNames({
  catalog,
  bindingStore,
  registry,
  accounts,
}: Pick<ControlServices, 'catalog' | 'bindingStore' | 'registry' | 'accounts'>): Promise<ReadonlyMap<string, NamedObject>> {
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
