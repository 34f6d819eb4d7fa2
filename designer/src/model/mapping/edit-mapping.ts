/**
 * Edits of a mapping by the author. Pure: each function returns a new mapping that fits the engine's schema, or the
 * reason for refusing.
 */
import type { Mapping, MappingRule, MappingSource, TargetField } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { isFieldName, joinField, joinStep, stepsOfTarget, stepsOfTo, type TargetStep } from './mapping-paths.ts';
import { ruleAt, rulesAt, withPart, withRule } from './mapping-places.ts';
import { allNodes, findNode, targetTree, type TargetNode } from './target-tree.ts';

export type MappingRefusal = 'NAME_WRONG' | 'NAME_TAKEN' | 'NO_PLACE' | 'NEEDS_LIST' | 'LOOP_TOO_FAR' | 'HAS_FIELDS' | 'TOO_MANY';
export type Edited = { readonly mapping: Mapping } | { readonly refusal: MappingRefusal };

export const LIMITS = { rules: 2000, rulesInLoop: 500, target: 5000 } as const;

/** Adds a rule to a list of rules. */
export function addRule(mapping: Mapping, level: string, rule: MappingRule): Edited {
  const limit = level === '/rules' ? LIMITS.rules : LIMITS.rulesInLoop;
  if (rulesAt(mapping, level).length >= limit) return { refusal: 'TOO_MANY' };
  return { mapping: withRule(mapping, level, rule) };
}

/** Replaces a rule. Absent parts and default values, such as `required: false`, are left out. */
export function setRule(mapping: Mapping, pointer: string, rule: MappingRule): Edited {
  const { to, from, when, default: otherwise, required } = rule;
  const tidy: MappingRule = {
    to,
    from,
    ...(when === undefined ? {} : { when }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
    ...(required === true ? { required } : {}),
  };
  return { mapping: withPart(mapping, pointer, tidy) };
}

export function setSource(mapping: Mapping, pointer: string, source: MappingSource): Edited {
  return { mapping: withPart(mapping, pointer, source) };
}

/** Removes a rule; the field stays in the target, unfilled. */
export function removeRule(mapping: Mapping, pointer: string): Edited {
  return { mapping: withPart(keepFields(mapping), pointer, undefined) };
}

/** Removes every rule that fills a field or its parts; the fields stay. */
export function disconnect(mapping: Mapping, key: string): Edited {
  const node = findNode(targetTree(mapping), key);
  if (node === undefined) return { refusal: 'NO_PLACE' };
  const kept = keepFields(mapping);
  // The items of a list are filled by the rule of the list, so remove that rule.
  const pointers = node.loop !== undefined ? [node.loop.pointer] : pointersIn(node);
  return { mapping: withoutRules(kept, pointers) };
}

/** Removes a field with its parts and all rules that fill them. */
export function removeField(mapping: Mapping, key: string): Edited {
  const node = findNode(targetTree(mapping), key);
  if (node === undefined) return { refusal: 'NO_PLACE' };
  const gone = new Set([node, ...allNodes(node)].flatMap(({ expected }) => (expected === undefined ? [] : [expected])));
  const pointers = node.loop !== undefined ? [node.loop.pointer] : pointersIn(node);
  const { target } = mapping;
  const kept =
    target === undefined
      ? mapping
      : withTarget(
          mapping,
          target.filter((field) => !gone.has(field)),
        );
  return { mapping: withoutRules(kept, pointers) };
}

export interface NewField {
  readonly name: string;
  readonly type?: TargetField['type'];
  readonly required?: boolean;
}

/**
 * Adds a field without a rule to `parent`; '' is the top of the target. For a list, the field is added to its items.
 */
export function addField(mapping: Mapping, parent: string, { name, type, required = false }: NewField): Edited {
  if (!isFieldName(name)) return { refusal: 'NAME_WRONG' };
  const tree = targetTree(mapping);
  const place = parent === '' ? tree : findNode(tree, parent);
  if (place === undefined || place.kind === 'unreadable' || place.kind === 'append') return { refusal: 'NO_PLACE' };
  if (place.loop !== undefined && place.level === undefined) return { refusal: 'NO_PLACE' };
  const to = joinField(isListNode(place) ? `${place.key}[]` : place.key, name);
  if (to.length > 1000 || stepsOfTarget(to) === undefined) return { refusal: 'NO_PLACE' };
  if (findNode(tree, to) !== undefined) return { refusal: 'NAME_TAKEN' };
  const kept = keepFields(mapping);
  if ((kept.target?.length ?? 0) >= LIMITS.target) return { refusal: 'TOO_MANY' };
  const field: TargetField = { to, ...(type === undefined ? {} : { type }), ...(required ? { required } : {}) };
  return { mapping: withTarget(kept, [...(kept.target ?? []), field]) };
}

/** Adds the fields of the receiver's example or schema. Fields that exist already get the type from there. */
export function addFields(mapping: Mapping, fields: readonly TargetField[]): Edited {
  const kept = keepFields(mapping);
  const known = new Map((kept.target ?? []).map((field) => [field.to, field]));
  for (const field of fields) {
    if (stepsOfTarget(field.to) !== undefined && field.to.length <= 1000) known.set(field.to, { ...known.get(field.to), ...field });
  }
  if (known.size > LIMITS.target) return { refusal: 'TOO_MANY' };
  return { mapping: withTarget(kept, [...known.values()]) };
}

/** Sets the type of a field and whether the receiver requires it. */
export function setExpected(mapping: Mapping, key: string, known: Omit<TargetField, 'to'>): Edited {
  const kept = keepFields(mapping);
  const index = kept.target?.findIndex(({ to }) => to === key) ?? -1;
  if (index < 0) return { refusal: 'NO_PLACE' };
  const { type, required = false } = known;
  const field: TargetField = { to: key, ...(type === undefined ? {} : { type }), ...(required ? { required } : {}) };
  return { mapping: withTarget(kept, (kept.target ?? []).with(index, field)) };
}

/** Renames a field together with its parts. */
export function renameField(mapping: Mapping, key: string, name: string): Edited {
  const tree = targetTree(mapping);
  const node = findNode(tree, key);
  if (node === undefined || node.kind !== 'field') return { refusal: 'NO_PLACE' };
  if (!isFieldName(name)) return { refusal: 'NAME_WRONG' };
  if (name === node.name) return { mapping };
  const parentKey = parentOf(tree, key)?.key ?? '';
  const renamed = joinField(parentKey, name);
  if (findNode(tree, renamed) !== undefined) return { refusal: 'NAME_TAKEN' };
  const rename = (steps: readonly TargetStep[], at: number) => steps.with(at, { kind: 'field', name });
  const at = (stepsOfTarget(withoutNumbers(key))?.length ?? 0) - 1;
  const target = mapping.target?.map((field) => {
    const steps = stepsOfTarget(field.to);
    if (steps === undefined || wholePath(steps.slice(0, at + 1)) !== key) return field;
    return { ...field, to: wholePath(rename(steps, at)) };
  });
  const inLevel = (stepsOfTo(node.to)?.length ?? 0) - 1;
  const rules = [node, ...allNodes(node)].filter(({ level }) => level === node.level).flatMap((one) => one.rules);
  const moved = target === undefined ? mapping : withTarget(mapping, target);
  const done = rules.reduce(
    (now, { pointer, rule }) => withPart(now, `${pointer}/to`, toOf(rename(stepsOfTo(rule.to) ?? [], inLevel))),
    moved,
  );
  const isTooLong = [...(done.target ?? []), ...rules.map(({ pointer }) => ruleAt(done, pointer))].some(
    (one) => (one?.to.length ?? 0) > 1000,
  );
  return isTooLong ? { refusal: 'NAME_WRONG' } : { mapping: done };
}

/** Swaps two rules of one field, since the later rule overwrites the earlier one. */
export function swapRules(mapping: Mapping, one: string, other: string): Edited {
  const cut = one.lastIndexOf('/');
  const level = one.slice(0, cut);
  const [a, b] = [Number(one.slice(cut + 1)), Number(other.slice(cut + 1))];
  const rules = rulesAt(mapping, level);
  const [first, second] = [rules[a], rules[b]];
  if (first === undefined || second === undefined) return { refusal: 'NO_PLACE' };
  return { mapping: withPart(mapping, level, rules.with(a, second).with(b, first)) };
}

/**
 * Adds every field that only a rule names to `target`, in the order of the tree. So the field stays when its rule is
 * removed.
 */
export function keepFields(mapping: Mapping): Mapping {
  const known = mapping.target ?? [];
  const named = new Set(known.map(({ to }) => to));
  const others: TargetField[] = [];
  for (const { key, expected, kind, children } of allNodes(targetTree(mapping))) {
    if (children.length > 0 || expected !== undefined || kind === 'append' || kind === 'unreadable') continue;
    // A list's entry already says that there are items. So items without fields get no entry of their own.
    const to = withoutNumbers(key);
    const field: TargetField = kind === 'items' ? { to: to.slice(0, -2), type: 'list' } : { to };
    if (named.has(field.to) || to.length > 1000 || stepsOfTarget(to) === undefined) continue;
    named.add(field.to);
    others.push(field);
  }
  const room = LIMITS.target - known.length;
  return others.length === 0 ? mapping : withTarget(mapping, [...known, ...others.slice(0, Math.max(0, room))]);
}

export function isListNode(node: TargetNode): boolean {
  return node.expected?.type === 'list' || node.children.some(({ kind }) => kind === 'items');
}

function withTarget(mapping: Mapping, target: readonly TargetField[]): Mapping {
  const { target: _before, ...rest } = mapping;
  return target.length === 0 ? rest : { ...rest, target };
}

function wholePath(steps: readonly TargetStep[]): string {
  return steps.reduce(joinStep, '');
}

function toOf(steps: readonly TargetStep[]): string {
  return steps.reduce((to, step) => (step.kind === 'append' ? `${to}[]` : joinStep(to, step)), '');
}

function withoutNumbers(key: string): string {
  return key.replaceAll(/\[\]#\d+/g, '[]');
}

/**
 * Returns the pointers of the rules that write to a node or its parts. Leaves out rules inside a loop, because removing
 * the loop's rule removes them too.
 */
function pointersIn(node: TargetNode): readonly string[] {
  const all = [node, ...allNodes(node)].flatMap(({ rules }) => rules.map(({ pointer }) => pointer));
  return all.filter((pointer) => !all.some((other) => pointer.startsWith(`${other}/`)));
}

/** Removes the rules with the highest index first, so that the indexes of the other rules stay valid. */
function withoutRules(mapping: Mapping, pointers: readonly string[]): Mapping {
  const index = (pointer: string) => Number(pointer.slice(pointer.lastIndexOf('/') + 1));
  return pointers.toSorted((a, b) => index(b) - index(a)).reduce((now, pointer) => withPart(now, pointer, undefined), mapping);
}

function parentOf(tree: TargetNode, key: string): TargetNode | undefined {
  return [tree, ...allNodes(tree)].find(({ children }) => children.some((child) => child.key === key));
}
