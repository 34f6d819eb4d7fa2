/** Converts condition rules: to groups of rows, as the author edits them, and to a sentence. Pure. */
import { COMPARISON_LABELS } from '../../../../engine/contract/flow/comparison-texts.ts';
import type { Comparison, ConditionRule, Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { translateWith, defineTexts, type Language } from '../../i18n/text-pairs.ts';

export const OPERATOR_TEXTS = defineTexts(COMPARISON_LABELS);

const TEXTS = defineTexts({
  and: [' 且 ', ' and '],
  or: [' 或 ', ' or '],
  not: ['并非（{{rule}}）', 'not ({{rule}})'],
  group: ['（{{rules}}）', '({{rules}})'],
  always: ['总是成立', 'always true'],
  never: ['总不成立', 'never true'],
  open: ['…', '…'],
  yes: ['是', 'yes'],
  no: ['否', 'no'],
  list: ['、', ', '],
});

export interface RuleGroup {
  readonly kind: 'all' | 'any';
  readonly members: readonly ConditionRule[];
}

export type ComparisonRule = Extract<ConditionRule, { readonly left: Operand }>;

const UNARY: ReadonlySet<Comparison> = new Set(['exists', 'absent', 'empty', 'not-empty']);

export function isUnary(op: Comparison): boolean {
  return UNARY.has(op);
}

export function isComparison(rule: ConditionRule): rule is ComparisonRule {
  return 'op' in rule;
}

/** Returns whether the value has the form of a rule, even if it is incomplete. The value may be any JSON. */
export function isRuleLike(value: unknown): value is ConditionRule {
  if (typeof value !== 'object' || value === null) return false;
  if ('all' in value) return Array.isArray(value.all) && value.all.every(isRuleLike);
  if ('any' in value) return Array.isArray(value.any) && value.any.every(isRuleLike);
  if ('not' in value) return isRuleLike(value.not);
  return 'op' in value && 'left' in value && typeof value.left === 'object' && value.left !== null;
}

/** Returns the rule as a group. A rule that is not a group becomes a group with one member. */
export function asGroup(rule: ConditionRule | undefined): RuleGroup {
  if (rule === undefined) return { kind: 'all', members: [] };
  if ('all' in rule) return { kind: 'all', members: rule.all };
  if ('any' in rule) return { kind: 'any', members: rule.any };
  return { kind: 'all', members: [rule] };
}

/** Returns the rule of a group. An `all` group with one member is stored as this member, to keep the document short. */
export function fromGroup({ kind, members }: RuleGroup): ConditionRule {
  const [only] = members;
  if (members.length === 1 && only !== undefined && kind === 'all') return only;
  return kind === 'all' ? { all: members } : { any: members };
}

export function turnedRound(rule: ConditionRule): ConditionRule {
  return 'not' in rule ? rule.not : { not: rule };
}

export function withOperator(rule: ComparisonRule, op: Comparison): ComparisonRule {
  const { left, right } = rule;
  if (isUnary(op)) return { left, op };
  if (op === 'in' || op === 'not-in') return { left, op, right: listOf(right) };
  if (op === 'matches') return { left, op, right: textOf(right) };
  return {
    left,
    op,
    right:
      right !== undefined && 'value' in right && Array.isArray(right.value) ? { value: firstOf(right.value) } : (right ?? { value: '' }),
  };
}

/** Returns a new row. It is a complete rule, so that it shows no problem before the author edits it. */
export function startRule(path = 'data'): ComparisonRule {
  return { left: { path }, op: 'exists' };
}

/** Returns the rule as a sentence. */
export function ruleSentence(rule: ConditionRule | undefined, language: Language): string {
  const t = translateWith(TEXTS, language);
  if (rule === undefined) return t('open');
  return sentence(rule, language, true);
}

function sentence(rule: ConditionRule, language: Language, isOuter: boolean): string {
  const t = translateWith(TEXTS, language);
  if ('not' in rule) return t('not', { rule: sentence(rule.not, language, true) });
  if (isComparison(rule)) return comparison(rule, language);
  const { kind, members } = asGroup(rule);
  if (members.length === 0) return t(kind === 'all' ? 'always' : 'never');
  const rules = members.map((member) => sentence(member, language, members.length === 1 && isOuter)).join(t(kind === 'all' ? 'and' : 'or'));
  return isOuter || members.length === 1 ? rules : t('group', { rules });
}

function comparison({ left, op, right }: ComparisonRule, language: Language): string {
  const word = translateWith(OPERATOR_TEXTS, language)(op);
  return isUnary(op) ? `${operand(left, language)} ${word}` : `${operand(left, language)} ${word} ${operand(right, language)}`;
}

function operand(side: Operand | undefined, language: Language): string {
  const t = translateWith(TEXTS, language);
  if (side === undefined) return t('open');
  if ('path' in side) return side.path === '' ? t('open') : side.path;
  if ('expression' in side) return side.expression;
  return fixed(side.value, language);
}

function fixed(value: unknown, language: Language): string {
  const t = translateWith(TEXTS, language);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (Array.isArray(value)) return value.map((item) => fixed(item, language)).join(t('list'));
  return typeof value === 'string' ? `“${value}”` : JSON.stringify(value ?? null);
}

function listOf(right: Operand | undefined): Operand {
  if (right === undefined) return { value: [] };
  if (!('value' in right)) return right;
  if (Array.isArray(right.value)) return right;
  return { value: right.value === '' || right.value === undefined || right.value === null ? [] : [String(right.value as string)] };
}

function textOf(right: Operand | undefined): Operand {
  const value = right !== undefined && 'value' in right ? right.value : '';
  return { value: typeof value === 'string' ? value : '' };
}

function firstOf(items: readonly unknown[]): unknown {
  return items[0] ?? '';
}
