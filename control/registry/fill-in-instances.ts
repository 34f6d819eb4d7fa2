import type { Logger } from '../../engine/contract/values/observe.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { InstanceSource } from '../../gateways/documents/upstream-target.ts';
import { listIdOf, type InstanceList } from './instance-lists.ts';

/** Returns the registry centres that an interface takes its instances from, with what it asks them. */
export function sourcesOf({ target }: Pick<InterfaceDocument, 'target'>): readonly InstanceSource[] {
  return target.kind === 'flow' ? [] : (target.groups ?? []).flatMap(({ source }) => source ?? []);
}

/**
 * Returns the interfaces with the instances that registry centres named, so that gateways need not know such sources.
 * Leaves out an interface with a group for which no instance was ever named.
 */
export function fillInInstances(
  interfaces: readonly InterfaceDocument[],
  lists: readonly InstanceList[],
  logger: Pick<Logger, 'warn'>,
): readonly InterfaceDocument[] {
  const instancesOf = new Map(lists.map(({ listId, instances }) => [listId, instances]));
  return interfaces.flatMap((document) => {
    const { target, interfaceId } = document;
    const sources = sourcesOf(document);
    if (target.kind === 'flow' || sources.length === 0) return [document];
    if (sources.some((source) => (instancesOf.get(listIdOf(source)) ?? []).length === 0)) {
      logger.warn('plan.interface-left-out', { interfaceId, problems: ['/target/groups no instance was named'] });
      return [];
    }
    const groups = target.groups!.map(({ source, ...group }) =>
      source === undefined ? group : { ...group, instances: instancesOf.get(listIdOf(source))!.map(withOwnTags) },
    );
    return [{ ...document, target: { ...target, groups } }];
  });
}

function withOwnTags({ tags, ...instance }: InstanceList['instances'][number]) {
  return tags === undefined ? instance : { ...instance, tags: [...tags] };
}
