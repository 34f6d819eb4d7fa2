/** Proposes sources with the same name for target fields, and connects the chosen ones. Pure. */
import type { Mapping } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { connect, isFilled, type SourcePoint } from './connect-mapping.ts';
import { isListNode, type Edited } from './edit-mapping.ts';
import { listsOn, loopScopes, pathInLoops, type IsList } from './mapping-paths.ts';
import { allSources, hasPlainItems, isListSource, type SourceNode } from './source-tree.ts';
import { allNodes, targetTree, type TargetNode } from './target-tree.ts';

export interface Proposal {
  readonly source: SourcePoint;
  readonly example?: string | number | boolean;
  /** Key of the target's row. */
  readonly target: string;
  readonly isLoop: boolean;
}

/** Returns a name without case and separators: `PatientId`, `patient_id` and `patientID` are the same name. */
function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_\-.]/g, '');
}

/**
 * Returns a proposal for each empty field for which there is a source with the same name. A list is proposed before its
 * fields, so that their sources can be found among the items of the list. Prefers sources in the innermost loop, then
 * sources whose path ends with the same names as the field's path, then sources near the top of the tree.
 */
export function proposeSameNames(mapping: Mapping, sources: readonly SourceNode[], isList: IsList): readonly Proposal[] {
  const byName = Map.groupBy(
    allSources(sources).filter(({ name, isAbsent }) => name !== '[0]' && !isAbsent),
    ({ name }) => plainName(name),
  );
  const proposals: Proposal[] = [];
  let now = mapping;
  for (const { key } of allNodes(targetTree(mapping))) {
    const node = allNodes(targetTree(now)).find((one) => one.key === key);
    const proposal = node === undefined ? undefined : proposalFor(node, byName, isList);
    if (proposal === undefined) continue;
    const next = connect(now, proposal, isList);
    if ('refusal' in next) continue;
    now = next.mapping;
    proposals.push(proposal);
  }
  return proposals;
}

/** Connects all proposals in order, and skips those that are refused. */
export function connectAll(mapping: Mapping, proposals: readonly Proposal[], isList: IsList): Edited {
  const done = proposals.reduce((now, proposal) => {
    const next = connect(now, proposal, isList);
    return 'mapping' in next ? next.mapping : now;
  }, mapping);
  return { mapping: done };
}

function proposalFor(node: TargetNode, byName: ReadonlyMap<string, readonly SourceNode[]>, isList: IsList): Proposal | undefined {
  if (node.kind !== 'field' || node.rules.length > 0 || isFilled(node) || node.level === undefined) return undefined;
  const isLoop = isListNode(node);
  if (!isLoop && node.children.length > 0) return undefined;
  const loops = loopScopes(node.eaches, isList);
  const innermost = loops.at(-1)?.prefix;
  const found = (byName.get(plainName(node.name)) ?? [])
    .filter((source) => isListSource(source) === isLoop && (isLoop || !source.types.includes('object')))
    .filter(({ path }) => pathInLoops(path, loops) !== undefined)
    // Propose a field of a list's items only inside the loop over this list. Outside the loop, the rule would always
    // read the first item.
    .filter(({ path }) => listsOn(path).every((list) => loops.some(({ prefix }) => prefix === `${list}[0]`)))
    .toSorted((a, b) => rank(b, node, innermost) - rank(a, node, innermost))[0];
  if (found === undefined) return undefined;
  const source: SourcePoint = { path: found.path, isList: isLoop, hasPlainItems: hasPlainItems(found) };
  return { source, target: node.key, isLoop, ...(found.example === undefined ? {} : { example: found.example }) };
}

function rank(source: SourceNode, target: TargetNode, innermost: string | undefined): number {
  const own = source.path.split('.').map(plainName);
  const wanted = target.key.split('.').map(plainName);
  let common = 0;
  while (common < Math.min(own.length, wanted.length) && own.at(-1 - common) === wanted.at(-1 - common)) common += 1;
  const isInLoop = innermost !== undefined && source.path.startsWith(innermost);
  return (isInLoop ? 1000 : 0) + common * 50 - own.length + (source.path.startsWith('data') ? 10 : 0);
}
