/** The target of a mapping as a tree: fields that rules write, and known fields of the receiver. */
import type { Mapping, MappingRule, MappingSource, TargetField } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { joinField, joinStep, stepsOfTarget, stepsOfTo, type TargetStep } from './mapping-paths.ts';

export interface PlacedRule {
  /** JSON Pointer in the mapping, for example `/rules/3/from/rules/0`. */
  readonly pointer: string;
  readonly rule: MappingRule;
}

export interface TargetNode {
  /**
   * The path of the node in the whole target, for example `orders[].code`. If two loops fill the same list, the items
   * of the second loop have the key `orders[]#2`.
   */
  readonly key: string;
  readonly name: string;
  readonly kind: TargetStep['kind'] | 'unreadable';
  /**
   * JSON Pointer of the list of rules that a new rule for this node is added to. For items, a new rule for one of their
   * fields is added there. Undefined if the node is inside a list that no loop fills.
   */
  readonly level: string | undefined;
  /** The value of `to` in a rule for this node, relative to the surrounding loop; '' for the items of a loop. */
  readonly to: string;
  /** Rules that write here, in order. A later rule overwrites an earlier one. */
  readonly rules: readonly PlacedRule[];
  /** The loop that produces the items; only for the items of a list. */
  readonly loop: PlacedLoop | undefined;
  /**
   * The lists that the surrounding loops iterate over, the outermost first. For items, this includes the loop that
   * produces them.
   */
  readonly eaches: readonly MappingSource[];
  readonly expected: TargetField | undefined;
  readonly children: readonly TargetNode[];
}

export interface PlacedLoop {
  /** Pointer of the rule whose source is the loop. */
  readonly pointer: string;
  readonly source: LoopSource;
}

export type LoopSource = Extract<MappingSource, { readonly each: MappingSource }>;

export function isLoop(source: MappingSource): source is LoopSource {
  return 'each' in source;
}

/**
 * Returns the root of the tree. The fields of the target are its children: first the expected fields in their order,
 * then those that only rules name.
 */
export function targetTree({ rules, target = [] }: Mapping): TargetNode {
  const root = newPart({ kind: 'field', name: '' }, '');
  for (const field of target) {
    const steps = stepsOfTarget(field.to);
    if (steps !== undefined) steps.reduce(enter, root).expected = field;
  }
  placeRules(root, rules, '/rules');
  return finish(root, { level: '/rules', to: '', eaches: [] });
}

export function allNodes(node: TargetNode): readonly TargetNode[] {
  return node.children.flatMap((child) => [child, ...allNodes(child)]);
}

export function findNode(root: TargetNode, key: string): TargetNode | undefined {
  return allNodes(root).find((node) => node.key === key);
}

/** Returns the nodes from the root to the node with `key`, including that node. */
export function nodesOnWay(root: TargetNode, key: string): readonly TargetNode[] {
  for (const child of root.children) {
    if (child.key === key) return [child];
    const inside = nodesOnWay(child, key);
    if (inside.length > 0) return [child, ...inside];
  }
  return [];
}

/**
 * Returns the keys of required fields that stay empty: no rule fills the field itself, a part of it, or a part of the
 * target that contains it.
 */
export function unfilledRequired(root: TargetNode): readonly string[] {
  const found: string[] = [];
  const visit = (node: TargetNode, isFilled: boolean) => {
    const isFilledHere =
      isFilled || node.rules.some(({ rule }) => !isLoop(rule.from)) || (node.loop !== undefined && isOneValue(node.loop));
    if (node.expected?.required === true && !isFilledHere && !isWritten(node)) found.push(node.key);
    for (const child of node.children) visit(child, isFilledHere);
  };
  for (const child of root.children) visit(child, false);
  return found;
}

function isOneValue({ source }: PlacedLoop): boolean {
  return source.item !== undefined;
}

function isWritten(node: TargetNode): boolean {
  return node.rules.length > 0 || node.children.some(isWritten);
}

interface Part {
  readonly step: TargetStep | { readonly kind: 'unreadable'; readonly name: string };
  readonly key: string;
  readonly rules: PlacedRule[];
  loop: PlacedLoop | undefined;
  expected: TargetField | undefined;
  /** The children by key. */
  readonly children: Map<string, Part>;
}

function newPart(step: Part['step'], key: string): Part {
  return { step, key, rules: [], loop: undefined, expected: undefined, children: new Map() };
}

function enter(parent: Part, step: TargetStep): Part {
  const key = joinStep(parent.key, step);
  const found = parent.children.get(key);
  if (found !== undefined) return found;
  const made = newPart(step, key);
  parent.children.set(key, made);
  return made;
}

function placeRules(parent: Part, rules: readonly MappingRule[], level: string): void {
  for (const [index, rule] of rules.entries()) {
    const pointer = `${level}/${index}`;
    const part = partOf(parent, rule.to);
    part.rules.push({ pointer, rule });
    if (!isLoop(rule.from)) continue;
    const items = itemsOf(part);
    items.loop = { pointer, source: rule.from };
    if (rule.from.rules !== undefined) placeRules(items, rule.from.rules, `${pointer}/from/rules`);
  }
}

function partOf(parent: Part, to: string): Part {
  const steps = stepsOfTo(to);
  if (steps !== undefined) return steps.reduce(enter, parent);
  const key = `${parent.key}!${to}`;
  const part = parent.children.get(key) ?? newPart({ kind: 'unreadable', name: to }, key);
  parent.children.set(key, part);
  return part;
}

/**
 * Returns the part for the items of a loop. If several loops fill the same list, each of them has its own part for its
 * items.
 */
function itemsOf(part: Part): Part {
  const first = enter(part, { kind: 'items' });
  if (first.loop === undefined) return first;
  let number = 2;
  while (part.children.has(`${first.key}#${number}`)) number += 1;
  const made = newPart({ kind: 'items' }, `${first.key}#${number}`);
  part.children.set(made.key, made);
  return made;
}

interface Place {
  readonly level: string | undefined;
  readonly to: string;
  readonly eaches: readonly MappingSource[];
}

function finish(part: Part, { level, to, eaches }: Place): TargetNode {
  const { step, key, rules, loop, expected } = part;
  const inside = insideOf(part, { level, to, eaches });
  const own = step.kind === 'items' ? inside : { level, to, eaches };
  return {
    key,
    name: nameOf(step),
    kind: step.kind,
    ...own,
    rules,
    loop,
    expected,
    children: [...part.children.values()].map((child) => finish(child, placeOf(child, inside))),
  };
}

/**
 * Returns the place for the children of a part. It is the part's own place, except in a loop, whose rules are a
 * separate list.
 */
function insideOf({ step, loop }: Part, place: Place): Place {
  if (step.kind !== 'items') return place;
  if (loop === undefined) return { ...place, level: undefined, to: '' };
  const { pointer, source } = loop;
  return { level: source.rules === undefined ? undefined : `${pointer}/from/rules`, to: '', eaches: [...place.eaches, source.each] };
}

/** Returns the place of a part. If a rule writes the part, the path is taken from the rule exactly as written. */
function placeOf({ step, rules }: Part, parent: Place): Place {
  const own = rules[0]?.rule.to;
  if (own !== undefined) return { ...parent, to: own };
  switch (step.kind) {
    case 'field':
      return { ...parent, to: joinField(parent.to, step.name) };
    case 'position':
      return { ...parent, to: `${parent.to}[${step.index}]` };
    case 'append':
      return { ...parent, to: `${parent.to}[]` };
    case 'items':
    case 'unreadable':
      return parent;
  }
}

function nameOf(step: Part['step']): string {
  switch (step.kind) {
    case 'field':
    case 'unreadable':
      return step.name;
    case 'position':
      return `[${step.index}]`;
    case 'append':
    case 'items':
      return '[]';
  }
}
