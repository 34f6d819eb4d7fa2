/**
 * Merges a flow that two people changed: this user (`mine`) and another one (`theirs`). Both versions are compared with
 * the version from which they started. A part that only one person changed is taken from that person. A part that both
 * changed differently is a conflict, and the author must decide. A part is a node, the wires of one port, a note, a
 * frame, a saved test, or a setting of the flow. If both moved the same node, this is no conflict: this user's position
 * is used.
 */
import type { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { findChanges } from './document-changes.ts';

export type MergeSide = 'mine' | 'theirs';

export interface MergeConflict {
  readonly kind: 'node' | 'wires' | 'note' | 'group' | 'test' | 'setting';
  /** Id of the node, note or frame, or name of the test or field. */
  readonly id: string;
  /** The port at which the wires start; only for `wires`. */
  readonly port?: string;
}

export interface Merge {
  readonly document: FlowDocument;
  /**
   * Parts that both people changed differently. `choose` decides each of them; without it, this user's version is used.
   */
  readonly conflicts: readonly MergeConflict[];
}

type Choose = (conflict: MergeConflict) => MergeSide;

/** Returns the author's decision about a conflict; undefined if the author was not asked about it. */
export type DecideConflict = (conflict: MergeConflict) => MergeSide | undefined;

/** Fields of the document that have their own merge, or none. All other fields count as settings. */
const OWN_PARTS = new Set(['schema', 'flowId', 'revision', 'nodes', 'edges', 'layout', 'tests']);

export function mergeFlows(base: FlowDocument, mine: FlowDocument, theirs: FlowDocument, choose: Choose = () => 'mine'): Merge {
  const conflicts: MergeConflict[] = [];
  const decide = (conflict: MergeConflict): MergeSide => {
    conflicts.push(conflict);
    return choose(conflict);
  };
  const merged = <T>(kind: MergeConflict['kind'], read: (flow: FlowDocument) => ReadonlyMap<string, T>) =>
    mergeMaps([read(base), read(mine), read(theirs)], isEqual, (id) => decide({ kind, id }));
  const nodes = mergeNodes([base, mine, theirs], (id) => decide({ kind: 'node', id }));
  const kept = keptAgainstRemoval([base, mine, theirs], nodes);
  const wires = mergeWires([base, mine, theirs], kept, (key) => decide(wiresConflict(key)));
  const places = mergeMaps([placesOf(base), placesOf(mine), placesOf(theirs)], isEqual, () => 'mine');
  for (const [id, keeper] of kept) places.set(id, placesOf(keeper === 'mine' ? mine : theirs).get(id));
  const { schema, flowId, revision } = theirs;
  const document = {
    ...{ schema, flowId, revision },
    ...Object.fromEntries(merged('setting', settingsOf)),
    nodes: [...nodes.values()],
    edges: withOwnIds([...wires.values()].flat().filter(({ from, to }) => nodes.has(from.node) && nodes.has(to.node))),
    tests: [...merged('test', ({ tests }) => byKey(tests, ({ name }) => name)).values()],
    layout: {
      nodes: Object.fromEntries([...places].filter(([id]) => nodes.has(id))),
      groups: [...merged('group', ({ layout }) => byKey(layout.groups, ({ id }) => id)).values()],
      notes: [...merged('note', ({ layout }) => byKey(layout.notes, ({ id }) => id)).values()],
    },
  } as FlowDocument;
  return { document: withSoundGroups(document), conflicts };
}

export function keyOf({ kind, id, port = '' }: MergeConflict): string {
  return `${kind} ${id} ${port}`;
}

type Three<T> = readonly [base: T, mine: T, theirs: T];

/** Merges two versions of a map. A key that is absent in a version was removed there or did not exist yet. */
function mergeMaps<T>(
  [base, mine, theirs]: Three<ReadonlyMap<string, T>>,
  isSame: (a: T | undefined, b: T | undefined) => boolean,
  decide: (key: string) => MergeSide,
): Map<string, T> {
  const merged = new Map<string, T>();
  for (const key of orderOf([...mine.keys()], [...theirs.keys()])) {
    const [old, my, their] = [base.get(key), mine.get(key), theirs.get(key)];
    const isMine = isSame(their, my) ? false : isSame(old, their) ? true : isSame(old, my) ? false : decide(key) === 'mine';
    const value = isMine ? my : their;
    if (value !== undefined) merged.set(key, value);
  }
  return merged;
}

/**
 * Returns all keys in the order of `theirs`. A key that only `mine` contains follows the key that stands before it in
 * `mine`.
 */
function orderOf(mine: readonly string[], theirs: readonly string[]): readonly string[] {
  const known = new Set(theirs);
  const behind = new Map<string | undefined, string[]>();
  let last: string | undefined;
  for (const key of mine) {
    if (known.has(key)) last = key;
    else behind.set(last, [...(behind.get(last) ?? []), key]);
  }
  return [...(behind.get(undefined) ?? []), ...theirs.flatMap((key) => [key, ...(behind.get(key) ?? [])])];
}

/** Merges nodes. It is also a conflict if one person removed a node and the other person connected new wires to it. */
function mergeNodes([base, mine, theirs]: Three<FlowDocument>, decide: (id: string) => MergeSide): Map<string, FlowNode> {
  const nodesOf = ({ nodes }: FlowDocument) => byKey(nodes, ({ id }) => id);
  const maps = [nodesOf(base), nodesOf(mine), nodesOf(theirs)] as const;
  const merged = mergeMaps(maps, isEqual, decide);
  const [old, my, their] = maps;
  for (const [id, node] of old) {
    const isRemovedByMe = !my.has(id) && isEqual(their.get(id), node);
    const isRemovedByThem = !their.has(id) && isEqual(my.get(id), node);
    if (!isRemovedByMe && !isRemovedByThem) continue;
    const other = isRemovedByMe ? theirs : mine;
    if (!isWiredAnew(base, other, id)) continue;
    const keeps = isRemovedByMe ? 'theirs' : 'mine';
    if (decide(id) === keeps) merged.set(id, node);
  }
  return merged;
}

/**
 * Returns the nodes that one person removed but the merge keeps. The value is the version (`mine` or `theirs`) that
 * still contains the node.
 */
function keptAgainstRemoval(
  [base, mine, theirs]: Three<FlowDocument>,
  nodes: ReadonlyMap<string, FlowNode>,
): ReadonlyMap<string, MergeSide> {
  const [my, their] = [mine, theirs].map((flow) => new Set(flow.nodes.map(({ id }) => id)));
  const kept = base.nodes.filter(({ id }) => nodes.has(id) && my!.has(id) !== their!.has(id));
  return new Map(kept.map(({ id }) => [id, my!.has(id) ? 'mine' : 'theirs']));
}

/**
 * Merges wires. If the merge keeps a node that one person removed, it also keeps the wires that were removed together
 * with the node.
 */
function mergeWires(
  [base, mine, theirs]: Three<FlowDocument>,
  kept: ReadonlyMap<string, MergeSide>,
  decide: (key: string) => MergeSide,
): Map<string, Wires> {
  const [old, my, their] = [base, mine, theirs].map((flow) => new Map(wiresOf(flow)));
  const decided = new Map<string, Wires>();
  for (const [key, before] of old!) {
    const sides = new Set(before.flatMap(({ from, to }) => [kept.get(from.node), kept.get(to.node)]).filter((side) => side !== undefined));
    for (const side of sides) {
      const [keeper, remover] = side === 'mine' ? [my!, their!] : [their!, my!];
      const left = new Set((side === 'mine' ? theirs : mine).nodes.map(({ id }) => id));
      const withoutRemoved = (keeper.get(key) ?? []).filter(({ from, to }) => left.has(from.node) && left.has(to.node));
      if (leadToSame(remover.get(key), withoutRemoved)) remover.set(key, before);
      else decided.set(key, (decide(key) === 'mine' ? my! : their!).get(key) ?? []);
    }
  }
  return new Map([...mergeMaps([old!, my!, their!], leadToSame, (key) => (decided.has(key) ? 'mine' : decide(key))), ...decided]);
}

function isWiredAnew(base: FlowDocument, flow: FlowDocument, id: string): boolean {
  const ends = ({ edges }: FlowDocument) => edges.filter(({ from, to }) => from.node === id || to.node === id).map(endsOf);
  const before = new Set(ends(base));
  return ends(flow).some((end) => !before.has(end));
}

type Wires = readonly FlowEdge[];

/**
 * Groups wires by source port. All wires of a port are merged as one part. If they were merged one by one, and both
 * people had inserted a node into the same wire, the message would take both ways.
 */
function wiresOf({ edges }: FlowDocument): ReadonlyMap<string, Wires> {
  return Map.groupBy(edges, ({ from }) => `${from.node} ${from.port}`);
}

function wiresConflict(key: string): MergeConflict {
  const [id = '', port = ''] = key.split(' ');
  return { kind: 'wires', id, port };
}

function leadToSame(a: Wires = [], b: Wires = []): boolean {
  const [one, other] = [a.map(endsOf).sort(), b.map(endsOf).sort()];
  return one.length === other.length && one.every((ends, index) => ends === other[index]);
}

function endsOf({ from, to }: FlowEdge): string {
  return [from.node, from.port, to.node, to.port].join(' ');
}

/**
 * Gives a second wire with the same id a new id. There are two if one person moved a wire to another port and the other
 * person's wire is kept as well.
 */
function withOwnIds(edges: Wires): Wires {
  const taken = new Set<string>();
  return edges.map((edge) => {
    let { id } = edge;
    for (let number = 2; taken.has(id); number++) id = `${edge.id.slice(0, 50)}_${number}`;
    taken.add(id);
    return id === edge.id ? edge : { ...edge, id };
  });
}

/** Leaves each node only in the first frame that contains it, and removes frames without nodes. */
function withSoundGroups(flow: FlowDocument): FlowDocument {
  const free = new Set(flow.nodes.map(({ id }) => id));
  const groups = flow.layout.groups.map((group) => {
    const nodes = group.nodes.filter((id) => free.delete(id));
    return nodes.length === group.nodes.length ? group : { ...group, nodes };
  });
  return { ...flow, layout: { ...flow.layout, groups: groups.filter(({ nodes }) => nodes.length > 0) } };
}

function placesOf({ layout }: FlowDocument): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(layout.nodes));
}

function settingsOf(flow: FlowDocument): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(flow).filter(([name, value]) => !OWN_PARTS.has(name) && value !== undefined));
}

/**
 * Returns the items by name. If several items have the same name (for example after an import), a number is added to
 * the name of all but the first.
 */
function byKey<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const item of items) {
    const name = nameOf(item);
    let key = name;
    for (let number = 2; map.has(key); number++) key = `${name} (${number})`;
    map.set(key, item);
  }
  return map;
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && findChanges(a, b).length === 0);
}
