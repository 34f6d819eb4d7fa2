/** Decides which objects of a response belong to the caller, and drops the others. Pure, so that it runs in a thread. */
import type { JsonStep } from '../documents/object-locator.ts';
import type { ObjectAnswerRule } from '../documents/object-rules.ts';
import { createOwnTest, type Subject } from './compile-rule.ts';
import { decodeUtf8 } from '../content/media.ts';
import { planJson } from './plan-json.ts';
import { walkJson, type JsonElement, type JsonLeaf } from './walk-json.ts';

/** A rule with the values of one caller. */
export interface AnswerRule {
  readonly rule: ObjectAnswerRule;
  readonly steps: readonly JsonStep[];
  /** Undefined if the caller has no value. */
  readonly subject: Subject | undefined;
  /** Whom the caller is related to, for `memberOf`. Undefined if the provider did not say. */
  readonly related: ReadonlySet<string> | undefined;
}

export type AnswerVerdict =
  /** `body` is what the caller may see; undefined if nothing was dropped. */
  | {
      readonly kind: 'own';
      readonly body: Uint8Array | undefined;
      readonly dropped: readonly { readonly where: string; readonly count: number }[];
    }
  | {
      readonly kind: 'foreign';
      readonly where: string;
      readonly why: 'foreign' | 'absent' | 'no-subject' | 'relation-failed' | 'ambiguous';
    };

/**
 * Judges a JSON response by rules that must all hold. A response that two readers could understand differently, or that
 * is not JSON in UTF-8, is foreign as a whole.
 */
export function judgeAnswer(body: Uint8Array, rules: readonly AnswerRule[]): AnswerVerdict {
  const dropped: { where: string; count: number }[] = [];
  let left = decodeUtf8(body);
  if (left === undefined) return { kind: 'foreign', where: 'body', why: 'ambiguous' };
  for (const { rule, steps, subject, related } of rules) {
    const where = rule.locator;
    const walks = walkJson(left, planJson([steps]));
    if ('fault' in walks) return { kind: 'foreign', where, why: 'ambiguous' };
    const { leaves, elements } = walks[0]!;
    if (subject === undefined) return { kind: 'foreign', where, why: 'no-subject' };
    if (rule.op === 'memberOf' && related === undefined && leaves.some(({ value }) => value !== undefined))
      return { kind: 'foreign', where, why: 'relation-failed' };
    const isOwn = createOwnTest(rule, subject, related);
    const foreign = leaves.filter(({ value }: JsonLeaf) => (value === undefined ? rule.absent !== 'allow' : !isOwn(value)));
    if (foreign.length === 0) continue;
    // Without an element there is nothing to drop: the list itself is missing.
    if (rule.action === 'refuse' || foreign.some(({ element }) => element === undefined))
      return { kind: 'foreign', where, why: foreign.every(({ value }) => value === undefined) ? 'absent' : 'foreign' };
    const foreignElements = new Set(foreign.map(({ element }) => element!));
    left = withoutElements(left, elements, foreignElements);
    dropped.push({ where, count: foreignElements.size });
  }
  return { kind: 'own', body: dropped.length === 0 ? undefined : Buffer.from(left), dropped };
}

/** Cuts elements out of their arrays. All other text stays as the service wrote it. */
function withoutElements(text: string, all: readonly JsonElement[], dropped: ReadonlySet<JsonElement>): string {
  const pieces: string[] = [];
  let from = 0;
  for (const elements of Map.groupBy(all, ({ array }) => array).values()) {
    const kept = elements.filter((element) => !dropped.has(element)).map(({ start, end }) => text.slice(start, end));
    pieces.push(text.slice(from, elements[0]!.start), kept.join(','));
    from = elements.at(-1)!.end;
  }
  return pieces.join('') + text.slice(from);
}
