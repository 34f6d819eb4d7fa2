/**
 * Connects a source to a target: a value to a field, a list to a list as a loop, or a field of an item to a field of
 * each item.
 */
import type { Mapping, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { addRule, isListNode, setRule, setSource, type Edited } from './edit-mapping.ts';
import { listsOn, loopScopes, pathInLoops, restBehind, type IsList } from './mapping-paths.ts';
import { rulesAt, sourceAt } from './mapping-places.ts';
import { combined, depthOf, MOST_STEPS, withBase } from './source-chain.ts';
import { findNode, isLoop, nodesOnWay, targetTree, type TargetNode } from './target-tree.ts';

/** A row of the source tree. */
export interface SourcePoint {
  readonly path: string;
  readonly isList: boolean;
  /** True for a list of plain values. Each item is then copied as a whole. */
  readonly hasPlainItems?: boolean;
}

/**
 * How to connect to a field that is already filled. `replace` keeps the functions but reads another value. `concat`
 * joins the texts of the old and the new source. `coalesce` takes the first of them that has a value. `another` adds a
 * second rule, which overwrites the first one.
 */
export type ConnectHow = 'replace' | 'concat' | 'coalesce' | 'another';

export interface Connection {
  readonly source: SourcePoint;
  /** Key of the target's row. */
  readonly target: string;
  readonly how?: ConnectHow;
}

export function connect(mapping: Mapping, { source, target, how = 'replace' }: Connection, isList: IsList): Edited {
  const looped = withLoopsAround(mapping, source, target, isList);
  if ('refusal' in looped) return looped;
  const tree = targetTree(looped.mapping);
  const node = findNode(tree, target);
  if (node === undefined || node.kind === 'unreadable') return { refusal: 'NO_PLACE' };
  if (node.kind === 'items') return connectItems(looped.mapping, tree, node, source, isList);
  if (node.level === undefined) return { refusal: 'NO_PLACE' };
  const path = pathInLoops(source.path, loopScopes(node.eaches, isList));
  if (path === undefined) return { refusal: 'LOOP_TOO_FAR' };
  if (source.isList && isListNode(node) && how === 'replace') return connectList(looped.mapping, node, source, path);
  return connectValue(looped.mapping, node, { path }, how);
}

/** Returns whether a rule already fills the field, so that the author must choose how to connect. */
export function isFilled(node: TargetNode): boolean {
  return node.rules.some(({ rule }) => !isLoop(rule.from)) || node.loop?.source.item !== undefined;
}

/**
 * Replaces the source of a list's rule by a loop over the list that the rule reads. With plain items, the loop copies
 * each item; otherwise it has no rules yet.
 */
export function makeLoop(mapping: Mapping, pointer: string, hasPlainItems: boolean): Edited {
  const from = sourceAt(mapping, `${pointer}/from`);
  if (from === undefined || isLoop(from)) return { refusal: 'NO_PLACE' };
  return setSource(mapping, `${pointer}/from`, loopOver(from, hasPlainItems));
}

function loopOver(each: MappingSource, hasPlainItems: boolean): MappingSource {
  return hasPlainItems ? { each, item: { path: 'item' } } : { each, rules: [] };
}

/**
 * If a list around the target field is not filled yet, fills it with a loop over a list around the source. Does this
 * for every such list, from the outermost.
 */
function withLoopsAround(mapping: Mapping, source: SourcePoint, target: string, isList: IsList): Edited {
  let now = mapping;
  for (;;) {
    const way = nodesOnWay(targetTree(now), target);
    const open = way.findIndex(({ kind, loop, key }) => kind === 'items' && loop === undefined && key !== target);
    if (open < 1) return { mapping: now };
    const list = way[open - 1]!;
    const made = fillList(now, list, source, isList);
    if ('refusal' in made) return made;
    now = made.mapping;
  }
}

function fillList(mapping: Mapping, list: TargetNode, source: SourcePoint, isList: IsList): Edited {
  if (list.level === undefined) return { refusal: 'NO_PLACE' };
  const scopes = loopScopes(list.eaches, isList);
  const around = source.isList ? [...listsOn(source.path), source.path] : listsOn(source.path);
  const taken = scopes.flatMap(({ prefix }) => (prefix === undefined ? [] : [prefix]));
  const free = around.filter((one) => !taken.includes(`${one}[0]`));
  const innermost = taken.at(-1);
  const path = free.find((one) => innermost !== undefined && restBehind(one, innermost) !== undefined) ?? free[0];
  if (path === undefined) return { refusal: 'NEEDS_LIST' };
  const each = pathInLoops(path, scopes);
  if (each === undefined) return { refusal: 'LOOP_TOO_FAR' };
  const old = list.rules.find(({ rule }) => !isLoop(rule.from));
  const from: MappingSource = { each: { path: each }, rules: [] };
  if (old !== undefined) return setRule(mapping, old.pointer, { ...old.rule, from });
  return addRule(mapping, list.level, { to: list.to, from });
}

function connectList(mapping: Mapping, node: TargetNode, source: SourcePoint, path: string): Edited {
  const loop = node.children.find((child) => child.loop !== undefined)?.loop;
  if (loop !== undefined) return setSource(mapping, `${loop.pointer}/from/each`, withBase(loop.source.each, { path }));
  const hasFields = node.children.some(({ kind, children }) => kind === 'items' && children.length > 0);
  const from = loopOver({ path }, source.hasPlainItems === true && !hasFields);
  const old = node.rules[0];
  return old === undefined ? addRule(mapping, node.level!, { to: node.to, from }) : setRule(mapping, old.pointer, { ...old.rule, from });
}

/**
 * Connects a source to the row of a list's items. A source that is a list is connected to the list itself. Any other
 * source becomes the value of each item.
 */
function connectItems(mapping: Mapping, tree: TargetNode, node: TargetNode, source: SourcePoint, isList: IsList): Edited {
  const list = nodesOnWay(tree, node.key).at(-2);
  if (list === undefined) return { refusal: 'NO_PLACE' };
  const { loop } = node;
  if (loop === undefined) {
    const whole = source.isList ? source.path : listsOn(source.path).at(-1);
    if (whole === undefined) return { refusal: 'NEEDS_LIST' };
    const made = fillList(mapping, list, { path: whole, isList: true }, isList);
    if ('refusal' in made) return made;
    const again = targetTree(made.mapping);
    const items = findNode(again, node.key);
    if (items?.loop === undefined) return { refusal: 'NO_PLACE' };
    if (source.isList && (source.hasPlainItems !== true || node.children.length > 0)) return made;
    return connectItems(made.mapping, again, items, { path: source.isList ? `${source.path}[0]` : source.path, isList: false }, isList);
  }
  const path = pathInLoops(source.path, loopScopes(source.isList ? node.eaches.slice(0, -1) : node.eaches, isList));
  if (path === undefined) return { refusal: 'LOOP_TOO_FAR' };
  if (source.isList) return setSource(mapping, `${loop.pointer}/from/each`, withBase(loop.source.each, { path }));
  if (rulesAt(mapping, `${loop.pointer}/from/rules`).length > 0 || node.children.length > 0) return { refusal: 'HAS_FIELDS' };
  const { rules: _none, ...rest } = loop.source;
  const item = loop.source.item === undefined ? { path } : withBase(loop.source.item, { path });
  return setSource(mapping, `${loop.pointer}/from`, { ...rest, item });
}

function connectValue(mapping: Mapping, node: TargetNode, source: MappingSource, how: ConnectHow): Edited {
  const old = node.kind === 'append' ? undefined : node.rules[0];
  if (old === undefined || how === 'another') return addRule(mapping, node.level!, { to: node.to, from: source });
  const { rule, pointer } = old;
  // Replacing this loop would delete the rules inside it. The author could do that by accident, so the connection is
  // refused.
  if (isLoop(rule.from)) return { refusal: 'HAS_FIELDS' };
  if (how === 'replace') return setSource(mapping, `${pointer}/from`, withBase(rule.from, source));
  if (depthOf(rule.from) >= MOST_STEPS) return { refusal: 'TOO_MANY' };
  return setSource(mapping, `${pointer}/from`, combined(rule.from, how, source));
}
