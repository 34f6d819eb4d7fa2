/**
 * Three-way merge of a flow that two people changed. What only one of them changed is taken from them; what both changed is a conflict, which a
 * person decides. A unit is a node, what leaves one port of a node, a note, a frame, a saved test, or a setting of the flow. Where both moved a
 * node, mine stays: that is no loss.
 */
import type { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { findChanges } from './document-changes.ts';

export type MergeSide = 'mine' | 'theirs';

export interface MergeConflict {
  readonly kind: 'node' | 'wires' | 'note' | 'group' | 'test' | 'setting';
  /** Of the node, note or frame; the name of the test or the field. */
  readonly id: string;
  /** Of `wires`: the port of the node that they leave. */
  readonly port?: string;
}

export interface Merge {
  readonly document: FlowDocument;
  /** What both changed; each is decided as `choose` says, mine by default. */
  readonly conflicts: readonly MergeConflict[];
}

type Choose = (conflict: MergeConflict) => MergeSide;

/** What a person decided; undefined of what was not asked. */
export type Decided = (conflict: MergeConflict) => MergeSide | undefined;

/** Everything of a flow beside what is merged by its parts. */
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

/** An absent value is one that was removed or never there. */
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

/** Theirs in their order; what only mine has stands behind what it stood behind in mine. */
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

/** Who removes a node that the other wired anew meanwhile, is in the way of that work too. */
function mergeNodes([base, mine, theirs]: Three<FlowDocument>, decide: (id: string) => MergeSide): Map<string, FlowNode> {
  const maps = [base, mine, theirs].map(({ nodes }) => byKey(nodes, ({ id }) => id)) as unknown as Three<ReadonlyMap<string, FlowNode>>;
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

/** Nodes that one removed and that stand nevertheless, with the side that kept them. */
function keptAgainstRemoval(
  [base, mine, theirs]: Three<FlowDocument>,
  nodes: ReadonlyMap<string, FlowNode>,
): ReadonlyMap<string, MergeSide> {
  const [my, their] = [mine, theirs].map((flow) => new Set(flow.nodes.map(({ id }) => id)));
  const kept = base.nodes.filter(({ id }) => nodes.has(id) && my!.has(id) !== their!.has(id));
  return new Map(kept.map(({ id }) => [id, my!.has(id) ? 'mine' : 'theirs']));
}

/** A node that stands against its removal has its wires again: that they went with it is no wish about them. */
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

/** By the port that they leave: two people who put a node on one wire would else leave the message two ways. */
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

/** A wire that one moved to another port and the other kept would stand twice under its id. */
function withOwnIds(edges: Wires): Wires {
  const taken = new Set<string>();
  return edges.map((edge) => {
    let { id } = edge;
    for (let number = 2; taken.has(id); number++) id = `${edge.id.slice(0, 50)}_${number}`;
    taken.add(id);
    return id === edge.id ? edge : { ...edge, id };
  });
}

/** Frames without nodes are none, and a node stands in one frame. */
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

/** Several under one name (an import may have made them) are told apart by their order. */
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
