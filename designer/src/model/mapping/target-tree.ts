/** The target of a mapping as a tree: what its rules write, and the fields that the receiver is known to have. */
import type { Mapping, MappingRule, MappingSource, TargetField } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { joinField, joinStep, stepsOfTarget, stepsOfTo, type TargetStep } from './mapping-paths.ts';

export interface PlacedRule {
  /** JSON Pointer in the mapping: `/rules/3/from/rules/0`. */
  readonly pointer: string;
  readonly rule: MappingRule;
}

export interface TargetNode {
  /** Whole path: `orders[].code`; `orders[]#2` for the items of a second loop that fills the same list. */
  readonly key: string;
  readonly name: string;
  readonly kind: TargetStep['kind'] | 'unreadable';
  /** JSON Pointer of the list of rules that a rule for this place (for a part of these items) belongs to; undefined where no loop fills the list. */
  readonly level: string | undefined;
  /** Its path within that list of rules; '' for the items of a loop. */
  readonly to: string;
  /** Rules that write here, in their order: a later one overwrites what an earlier one wrote. */
  readonly rules: readonly PlacedRule[];
  /** Of the items of a list: the loop that makes them. */
  readonly loop: PlacedLoop | undefined;
  /** `each` of the loops around (of items: their own too), the outermost first. */
  readonly eaches: readonly MappingSource[];
  readonly expected: TargetField | undefined;
  readonly children: readonly TargetNode[];
}

export interface PlacedLoop {
  /** Of the rule whose source is the loop. */
  readonly pointer: string;
  readonly source: LoopSource;
}

export type LoopSource = Extract<MappingSource, { readonly each: MappingSource }>;

export function isLoop(source: MappingSource): source is LoopSource {
  return 'each' in source;
}

/** The root: its children are the target's fields, those that are expected first, in their order. */
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

/** The nodes on the way to `key`, itself the last. */
export function nodesOnWay(root: TargetNode, key: string): readonly TargetNode[] {
  for (const child of root.children) {
    if (child.key === key) return [child];
    const inside = nodesOnWay(child, key);
    if (inside.length > 0) return [child, ...inside];
  }
  return [];
}

/** Keys of required fields that nothing fills: no rule of their own, of a part of them, or of a whole that they are in. */
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
  /** By key. */
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

/** Every loop has items of its own, although they fill the same list. */
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

/** What a child's path begins with: that of its parent, or nothing inside a loop. */
function insideOf({ step, loop }: Part, place: Place): Place {
  if (step.kind !== 'items') return place;
  if (loop === undefined) return { ...place, level: undefined, to: '' };
  const { pointer, source } = loop;
  return { level: source.rules === undefined ? undefined : `${pointer}/from/rules`, to: '', eaches: [...place.eaches, source.each] };
}

/** A rule's own words stand; only where there is none the path is put together. */
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
