/** Decides whether a request names only objects of its caller. */
import type { Exchange, Relations } from '../contract.ts';
import type { ObjectRule } from '../documents/object-rules.ts';
import { createOwnTest, type CompiledRule, type Subject } from './compile-rule.ts';
import type { Found } from './found.ts';
import type { Fields } from './read-fields.ts';

/** Rules of one document. `any`: one of them must hold. */
export interface CompiledSet {
  /** The id of a shared set; absent for the rules of the interface itself. */
  readonly id?: string;
  readonly match: 'all' | 'any';
  readonly rules: readonly CompiledRule[];
}

/** A value to be written into the request, because the field is absent. */
export interface Injection {
  readonly rule: CompiledRule;
  readonly value: string;
  readonly isNumber: boolean;
}

export type Verdict =
  | { readonly kind: 'own'; readonly injections: readonly Injection[] }
  /** `why` and `set` are for logs: the caller gets the same text for all. */
  | {
      readonly kind: 'foreign';
      readonly where: string;
      readonly set?: string;
      readonly why: 'foreign' | 'absent' | 'no-subject' | 'relation-failed';
    }
  | { readonly kind: 'ambiguous'; readonly where: string };

/** A rule with what it found. */
interface Reading {
  readonly compiled: CompiledRule;
  readonly found: Found;
}

/** What a rule says. `skipped`: nothing is there, and the rule allows it. */
type Outcome =
  | { readonly kind: 'own' | 'skipped' }
  | { readonly kind: 'inject'; readonly injection: Injection }
  | Extract<Verdict, { kind: 'foreign' | 'ambiguous' }>;

const OWN: Outcome = { kind: 'own' };
const SKIPPED: Outcome = { kind: 'skipped' };

/**
 * Judges a request by sets that must all hold. First every place is read: an ambiguous one refuses the request, whatever
 * the other rules say. Asks for relations only where the verdict depends on them.
 */
export function judge(exchange: Exchange, sets: readonly CompiledSet[], fields: Fields, relations: Relations): Verdict | Promise<Verdict> {
  const read = sets.map(({ id, match, rules }) => ({
    ...{ id, match },
    readings: rules.map((compiled) => ({ compiled, found: fields.read(compiled.locator) })),
  }));
  for (const { readings } of read)
    for (const { compiled, found } of readings) if (found.kind === 'ambiguous') return { kind: 'ambiguous', where: compiled.rule.locator };
  const needsRelation = sets.some(({ rules }) => rules.some(({ rule }) => rule.op === 'memberOf'));
  if (needsRelation) return judgeLate(exchange, read, relations);
  return combine(
    read.map(({ id, match, readings }) =>
      combineSet(
        { id, match },
        readings.map((reading) => outcomeOf(exchange, reading)),
      ),
    ),
  );
}

interface ReadSet {
  readonly id: string | undefined;
  readonly match: CompiledSet['match'];
  readonly readings: readonly Reading[];
}

async function judgeLate(exchange: Exchange, sets: readonly ReadSet[], relations: Relations): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const { id, match, readings } of sets) {
    const outcomes: Outcome[] = readings.map((reading) => outcomeOf(exchange, reading));
    if (!isSettled(match, readings, outcomes))
      for (const [i, reading] of readings.entries())
        if (reading.compiled.rule.op === 'memberOf' && outcomes[i]!.kind === 'foreign') {
          outcomes[i] = await relatedOutcome(exchange, reading, outcomes[i]!, relations);
          if (match === 'any' && outcomes[i]!.kind === 'own') break;
        }
    const verdict = combineSet({ id, match }, outcomes);
    if (verdict.kind !== 'own') return verdict;
    verdicts.push(verdict);
  }
  return combine(verdicts);
}

/** Returns whether no relation can change the verdict: one rule holds and suffices, or one fails and all must hold. */
function isSettled(match: CompiledSet['match'], readings: readonly Reading[], outcomes: readonly Outcome[]): boolean {
  return match === 'any'
    ? outcomes.some(({ kind }) => kind === 'own')
    : outcomes.some(({ kind }, i) => isRefusal(kind) && readings[i]!.compiled.rule.op !== 'memberOf');
}

function isRefusal(kind: Outcome['kind']): boolean {
  return kind === 'foreign' || kind === 'ambiguous';
}

/** Judges one place. A relation counts as foreign here. */
function outcomeOf(exchange: Exchange, { compiled, found }: Reading): Outcome {
  const rule = compiled.rule as ObjectRule;
  const where = rule.locator;
  if (found.kind !== 'values') return { kind: 'ambiguous', where };
  const absent = rule.absent ?? 'deny';
  if (found.missing > 0 && absent === 'deny') return { kind: 'foreign', where, why: 'absent' };
  if (found.values.length === 0 && absent === 'allow') return SKIPPED;
  const subject = compiled.subject(exchange);
  if (subject === undefined) return { kind: 'foreign', where, why: 'no-subject' };
  if (!found.values.every(createOwnTest(rule, subject))) return { kind: 'foreign', where, why: 'foreign' };
  if (found.values.length === 0 && found.missing === 0) return absent === 'deny' ? { kind: 'foreign', where, why: 'absent' } : SKIPPED;
  return absent === 'inject' && found.missing > 0 ? injectionOf(compiled, subject) : OWN;
}

function injectionOf(rule: CompiledRule, { values, isNumber }: Subject): Outcome {
  const [value] = values;
  const { op, locator } = rule.rule;
  if (value === undefined || values.length > 1 || op === 'prefix' || op === 'memberOf')
    return { kind: 'foreign', where: locator, why: 'absent' };
  return { kind: 'inject', injection: { rule, value, isNumber } };
}

async function relatedOutcome(exchange: Exchange, { compiled, found }: Reading, before: Outcome, relations: Relations): Promise<Outcome> {
  const { rule } = compiled;
  if (before.kind !== 'foreign' || before.why !== 'foreign' || found.kind !== 'values') return before;
  const subject = compiled.subject(exchange)!.values[0]!;
  const related = await relations.related(exchange, rule.provider!, rule.relation!, subject);
  if (related === undefined) return { kind: 'foreign', where: rule.locator, why: 'relation-failed' };
  return found.values.every((id) => related.has(id)) ? OWN : before;
}

/**
 * With `any`, a rule that holds wins; then one that can fill in; what is absent and allowed counts only if nothing is
 * refused.
 */
function combineSet({ id, match }: Pick<ReadSet, 'id' | 'match'>, outcomes: readonly Outcome[]): Verdict {
  const injections = outcomes.flatMap((outcome) => (outcome.kind === 'inject' ? [outcome.injection] : []));
  const refusal =
    outcomes.find(({ kind }) => kind === 'ambiguous') ?? outcomes.find(isOfRelation) ?? outcomes.find(({ kind }) => kind === 'foreign');
  if (match === 'any') {
    if (outcomes.some(({ kind }) => kind === 'own')) return { kind: 'own', injections: [] };
    if (injections.length > 0) return { kind: 'own', injections: [injections[0]!] };
  }
  if (refusal === undefined) return { kind: 'own', injections };
  return refusal.kind === 'foreign' && id !== undefined ? { ...refusal, set: id } : (refusal as Verdict);
}

/** A relation that could not be asked explains a refusal better than an id that is not the caller's. */
function isOfRelation(outcome: Outcome): boolean {
  return outcome.kind === 'foreign' && outcome.why === 'relation-failed';
}

/** All sets must hold. */
function combine(verdicts: readonly Verdict[]): Verdict {
  const refusal = verdicts.find(({ kind }) => kind !== 'own');
  return refusal ?? { kind: 'own', injections: verdicts.flatMap((verdict) => (verdict.kind === 'own' ? verdict.injections : [])) };
}
