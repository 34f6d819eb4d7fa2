/** Decides which objects of a response belong to the caller, and drops the others. */
import type { Exchange, Relations } from '../contract.ts';
import type { ObjectAnswerRule } from '../documents/object-rules.ts';
import { isOwn, type CompiledRule, type Subject } from './compile-rule.ts';
import { walkJson, type JsonElement, type JsonLeaf, type JsonWalk } from './walk-json.ts';

export type AnswerVerdict =
  /** `text` is what the caller may see, with `dropped` elements fewer than the response. */
  | { readonly kind: 'own'; readonly text: string; readonly dropped: readonly { readonly where: string; readonly count: number }[] }
  | {
      readonly kind: 'foreign';
      readonly where: string;
      readonly why: 'foreign' | 'absent' | 'no-subject' | 'relation-failed' | 'ambiguous';
    };

/**
 * Judges the text of a JSON response by rules that must all hold. A response that two readers could understand
 * differently, or that is not JSON, is foreign as a whole.
 */
export async function judgeAnswer(
  exchange: Exchange,
  rules: readonly CompiledRule[],
  text: string,
  relations: Relations,
): Promise<AnswerVerdict> {
  const dropped: { where: string; count: number }[] = [];
  let left = text;
  for (const compiled of rules) {
    const { rule, locator } = compiled;
    const where = rule.locator;
    const walk = locator.carrier === 'json' ? walkJson(left, locator.steps) : undefined;
    if (walk === undefined) return { kind: 'foreign', where, why: 'ambiguous' };
    const subject = compiled.subject(exchange);
    if (subject === undefined) return { kind: 'foreign', where, why: 'no-subject' };
    const related = await relatedOf(exchange, compiled, walk, subject, relations);
    if (related === 'failed') return { kind: 'foreign', where, why: 'relation-failed' };
    const { action, absent } = rule as ObjectAnswerRule;
    const isForeign = ({ value }: JsonLeaf) =>
      value === undefined ? absent !== 'allow' : !(rule.op === 'memberOf' ? related.has(value) : isOwn(rule, subject, value));
    const foreign = walk.leaves.filter(isForeign);
    if (foreign.length === 0) continue;
    // Without an element there is nothing to drop: the list itself is missing.
    if (action === 'refuse' || foreign.some(({ element }) => element === undefined))
      return { kind: 'foreign', where, why: foreign.every(({ value }) => value === undefined) ? 'absent' : 'foreign' };
    const elements = new Set(foreign.map(({ element }) => element!));
    left = withoutElements(left, walk.elements, elements);
    dropped.push({ where, count: elements.size });
  }
  return { kind: 'own', text: left, dropped };
}

const NOBODY: ReadonlySet<string> = new Set();

async function relatedOf(
  exchange: Exchange,
  { rule }: CompiledRule,
  { leaves }: JsonWalk,
  subject: Subject,
  relations: Relations,
): Promise<ReadonlySet<string> | 'failed'> {
  if (rule.op !== 'memberOf' || leaves.every(({ value }) => value === undefined)) return NOBODY;
  return (await relations.related(exchange, rule.provider!, rule.relation!, subject.values[0]!)) ?? 'failed';
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
