/** The legs in the document of the execution. Legs of loop iterations are separate documents. */
import type { Intent, LegRecord, StepRecord } from '../execution-document.ts';
import { emitsOf, keepsOutput, legPayload, type LegPayload, type Stopped } from '../leg-payload.ts';
import type { Keeping } from '../record-quota.ts';
import { stepKey, type SettledStep } from '../run-job.ts';
import type { IterationLegs } from './iteration-legs.ts';
import type { JournalDocument } from './journal-deps.ts';
import type { KeptPayloads } from './kept-payloads.ts';

interface NextLeg {
  readonly leg: { readonly key: string; readonly record: LegRecord };
  readonly steps: readonly SettledStep[];
}

export class DocumentLegs {
  /** The legs that earlier claims stored. */
  readonly #stored: JournalDocument['legs'];
  readonly #iterations: IterationLegs;
  readonly #kept: KeptPayloads;
  #count: number;
  /** Steps that have settled but are in no leg yet. */
  #pending: SettledStep[] = [];
  /** Records of steps in earlier legs. */
  readonly #recorded: StepRecord[];
  /** For each node, the key of the leg that contains the intent of its write. */
  readonly #intents = new Map<string, string>();
  /** Legs whose announced write was stopped before it started. */
  readonly #notBegun = new Set<string>();
  /** Keys of steps whose announced write was certainly not done. */
  readonly #refused: string[] = [];

  constructor(stored: JournalDocument['legs'], steps: readonly StepRecord[], iterations: IterationLegs, kept: KeptPayloads) {
    this.#stored = stored;
    this.#iterations = iterations;
    this.#kept = kept;
    this.#count = Object.keys(stored).length;
    this.#recorded = [...steps];
  }

  /** The legs whose intents were stored by this claim. */
  get withIntent(): readonly string[] {
    return [...this.#intents.values()];
  }

  add(step: SettledStep): void {
    this.#pending.push(step);
  }

  notBegun(node: string, path: string): void {
    const leg = this.#intents.get(node);
    if (path === '' && leg !== undefined) this.#notBegun.add(leg);
  }

  refused(path: string, node: string): void {
    this.#refused.push(stepKey(path, node));
  }

  /**
   * Returns the legs whose announced write was certainly not done. `refusedBy`: the node at which the run is held, if
   * its write was not done either.
   */
  notDone(refusedBy: string | undefined): readonly string[] {
    return [...(refusedBy === undefined ? [] : this.#intentLegOf(refusedBy)), ...this.#notBegun];
  }

  /** Builds a leg from the steps that settled since the last one. Returns undefined if there is nothing to store. */
  async next(epoch: number, intent: Intent | undefined, stopped: Stopped): Promise<NextLeg | undefined> {
    // A leg with an intent stores only outputs that cannot be computed again. The records of pure steps are stored
    // when the run settles.
    const steps = intent ? this.#pending.filter((step) => keepsOutput(step.node)) : this.#iterations.shown(this.#pending);
    this.#pending = intent ? this.#pending.filter((step) => !keepsOutput(step.node)) : [];
    const isStopped = stopped.error !== undefined;
    if (steps.length === 0 && !intent && !isStopped) return undefined;
    const key = String(this.#count);
    const record: LegRecord = {
      epoch,
      ...(intent === undefined ? {} : { intent }),
      ...(steps.length === 0 && !isStopped
        ? {}
        : { payload: await this.#kept.keep(`legs.${key}`, legPayload(steps, stopped, this.#refused)) }),
    };
    this.#count += 1;
    this.#recorded.push(...steps.map((step) => step.record));
    if (intent) this.#intents.set(intent.node, key);
    return { leg: { key, record }, steps };
  }

  /**
   * Builds the leg that replaces all others at the end: the records of the steps, and the outputs of nodes that record
   * in full.
   */
  async summary(epoch: number, level: Keeping['level'], stopped: Stopped): Promise<LegRecord> {
    const steps = level === 'none' ? [] : [...this.#recorded, ...this.#iterations.shown(this.#pending).map((step) => step.record)];
    const emits = level === 'full' ? emitsOf(this.#pending.filter((step) => step.node.record === 'full')) : {};
    const payload: LegPayload = { steps, emits, ...stopped };
    return { epoch, payload: await this.#kept.keep('legs.0', payload) };
  }

  /** Returns the key of the leg that contains the intent of this node, if there is one. */
  #intentLegOf(node: string): readonly string[] {
    const key = this.#intents.get(node) ?? Object.entries(this.#stored).findLast(([, leg]) => leg.intent?.node === node)?.[0];
    return key === undefined ? [] : [key];
  }
}
