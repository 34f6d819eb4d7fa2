/** What registry centres say about the instances of an interface. */
import { Type } from 'typebox';
import { existing } from '../access/domains.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import { sourcesOf } from '../registry/fill-in-instances.ts';
import { listIdOf, type InstanceList } from '../registry/instance-lists.ts';
import type { Registry } from '../registry/registry.ts';

export interface InstanceServices {
  readonly registry: Registry;
  readonly owners: Owners;
}

export interface InstanceListsOf {
  /** In the order of the groups of the interface that have a registry centre. */
  readonly lists: readonly (Omit<InstanceList, 'listId' | 'changedAt'> & {
    /** Absent until the registry centre was asked. */
    readonly changedAt?: number;
  })[];
}

export function instanceActions({ registry, owners }: InstanceServices): readonly Action[] {
  return [
    defineAction({
      name: 'interfaces.instances',
      right: 'interfaces.read',
      domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
      text: { 'zh-CN': '接口从注册中心取得的实例', en: 'Instances that an interface takes from registry centres' },
      input: Type.Object({ interfaceId: Type.String({ maxLength: 64 }) }, closed),
      audited: false,
      async run(_ctx, { interfaceId }): Promise<InstanceListsOf> {
        const sources = sourcesOf(existing(await registry.interfaces.get(interfaceId), interfaceId));
        const known = new Map((await registry.instanceLists.list()).map(({ listId, ...list }) => [listId, list]));
        return {
          lists: sources.map(
            (source) => known.get(listIdOf(source)) ?? { adapterId: source.adapterId, service: source.service, instances: [] },
          ),
        };
      },
    }),
  ];
}
