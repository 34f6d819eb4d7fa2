/**
 * The legs of loop iterations. They are separate documents, so that an execution stays small however many iterations
 * it has.
 */
import { LostExecution } from '../lost-execution.ts';
import type { WriteOptions } from '../../contract/ports/documents.ts';
import type { RetryUntilStored, JournalDeps } from './journal-deps.ts';
import { keepsOutput, legPayload } from '../leg-payload.ts';
import { blobsField } from '../payloads.ts';
import type { Intent, LegDocument, Stored } from '../execution-document.ts';
import type { SettledStep } from '../run-job.ts';

export interface IterationLegsDeps extends Pick<JournalDeps, 'payloads' | 'legs'> {
  readonly insist: RetryUntilStored;
}

/**
 * How many steps of iterations are stored only for people to look at. Steps whose outputs cannot be computed again are
 * always stored.
 */
const MAX_STEPS = 500;
const LEGS_AT_ONCE = 100;

export class IterationLegs {
  readonly #executionId: string;
  readonly #deps: IterationLegsDeps;
  /** For each scope, the steps that have settled but are in no leg yet. */
  readonly #open = new Map<string, SettledStep[]>();
  /** For each scope, the number of its legs. */
  readonly #counts = new Map<string, number>();
  readonly #recorded: SettledStep[] = [];

  /** `stored`: the legs that earlier claims stored. */
  constructor(executionId: string, stored: readonly LegDocument[], deps: IterationLegsDeps) {
    this.#executionId = executionId;
    this.#deps = deps;
    for (const { scope } of stored) this.#counts.set(scope, (this.#counts.get(scope) ?? 0) + 1);
  }

  add(step: SettledStep): void {
    const { scope } = step.record;
    const steps = this.#open.get(scope);
    if (steps) steps.push(step);
    else this.#open.set(scope, [step]);
  }

  /**
   * Stores a leg with the steps of this iteration that settled since its last leg. Throws LostExecution if another
   * process runs the iteration.
   */
  async insert(
    scope: string,
    epoch: number,
    intent: Intent | undefined,
    options: WriteOptions,
  ): Promise<{ readonly steps: readonly SettledStep[]; readonly payload: Stored }> {
    const { payloads, legs, insist } = this.#deps;
    const number = this.#counts.get(scope) ?? 0;
    this.#counts.set(scope, number + 1);
    const id = this.#idOf(scope, number);
    // Take the steps before any await: steps that settle meanwhile belong to the next leg.
    const steps = this.#open.get(scope)?.splice(0) ?? [];
    const payload = await insist(() => payloads.store({ collection: 'legs', id, field: 'payload' }, legPayload(steps)));
    for (const step of steps) if (this.#recorded.length < MAX_STEPS) this.#recorded.push(step);
    const leg: LegDocument = {
      _id: id,
      execution: this.#executionId,
      scope,
      epoch,
      payload,
      ...(intent === undefined ? {} : { intent }),
      ...blobsField(payload),
    };
    const { inserted } = await insist(() => legs.insert(leg, options));
    // If the response to the first insert was lost, the leg that is found belongs to this process: no other process
    // writes under this epoch.
    if (!inserted && (await insist(() => legs.get(id)))?.epoch !== epoch) throw new LostExecution('another process runs this iteration');
    return { steps, payload };
  }

  /**
   * Sets when the legs expire. They are kept while their execution is open, and then as long as its record. Call this
   * before the end is stored, so that no leg is missed.
   */
  async expire(expiresAt: number): Promise<void> {
    const { legs, insist } = this.#deps;
    const ids = [...this.#counts].flatMap(([scope, count]) => Array.from({ length: count }, (_, number) => this.#idOf(scope, number)));
    while (ids.length > 0)
      await Promise.all(ids.splice(0, LEGS_AT_ONCE).map((id) => insist(() => legs.patchIf(id, {}, { set: { expiresAt } }))));
  }

  /**
   * Returns the steps of the stored legs, then `pending` and the steps that are in no leg yet. Includes all steps
   * whose output is stored only here, and of the others the first `MAX_STEPS`.
   */
  shown(pending: readonly SettledStep[]): SettledStep[] {
    let count = this.#recorded.length;
    const isKept = (step: SettledStep) => step.record.scope === '' || keepsOutput(step.node) || count++ < MAX_STEPS;
    return [...this.#recorded, ...[...pending, ...[...this.#open.values()].flat()].filter(isKept)];
  }

  #idOf(scope: string, number: number): string {
    return `${this.#executionId}/${scope}#${number}`;
  }
}
