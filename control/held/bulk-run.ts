/** One run through the executions of a bulk, at the requested pace. */
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ExecutionCatalog, HeldItem, HeldOutcome } from '../../engine/operate/interface.ts';
import { toBulk, type Bulk, type BulkDocument, type BulkStore, type BulkStopReason } from './bulk-store.ts';

export interface BulkWatcher {
  readonly actor: string;
  readonly signal: AbortSignal;
  /**
   * Returns whether the person may still process this execution. Called for each execution just before it is processed,
   * because the person's rights may change while a bulk runs or before it continues.
   */
  judge(item: HeldItem): Promise<'admitted' | 'refused' | BulkStopReason>;
  progress(bulk: Bulk): void;
}

export interface BulkRunDeps {
  readonly clock: Clock;
  readonly executions: Pick<ExecutionCatalog, 'retryHeld' | 'resendHeld' | 'concludeHeld' | 'cancelHeld'>;
}

/** Interval at which the progress is stored and reported. */
const SAVE_EVERY_MS = 500;

export class BulkRun {
  /** Aborts when the run should stop; the run then ends after the current item. */
  readonly signal: AbortSignal;
  readonly ended: Promise<Bulk>;
  readonly #deps: BulkRunDeps;
  readonly #store: BulkStore;
  readonly #document: BulkDocument;
  readonly #watcher: BulkWatcher;
  readonly #stopping = new AbortController();
  readonly #counts: Counts;

  /** Starts the run immediately. */
  constructor(deps: BulkRunDeps, store: BulkStore, document: BulkDocument, watcher: BulkWatcher) {
    const { handled, done, goneOn, missing, refused = 0 } = document;
    this.#deps = deps;
    this.#store = store;
    this.#document = document;
    this.#watcher = watcher;
    this.#counts = { handled, done, goneOn, missing, refused };
    this.signal = AbortSignal.any([watcher.signal, this.#stopping.signal]);
    this.ended = this.#walk();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #walk(): Promise<Bulk> {
    const { _id, perSecond, handled } = this.#document;
    const { clock } = this.#deps;
    const { judge, progress } = this.#watcher;
    const startedAt = clock.monotonic();
    let savedAt = startedAt;
    let started = 0;
    progress(toBulk(this.#document));
    for await (const item of this.#store.items(_id, handled)) {
      if (!(await this.#pause(startedAt + (started++ * 1000) / perSecond))) break;
      const verdict = await judge(item);
      if (verdict !== 'admitted' && verdict !== 'refused') return this.#end(verdict);
      count(this.#counts, verdict === 'refused' ? verdict : await this.#act(item));
      if (clock.monotonic() - savedAt < SAVE_EVERY_MS) continue;
      savedAt = clock.monotonic();
      const saved = await this.#save();
      if (saved === undefined) break;
      progress(toBulk(saved));
    }
    return this.#end();
  }

  /** Waits until this time. Returns false if the bulk should stop. */
  async #pause(until: number): Promise<boolean> {
    if (this.signal.aborted) return false;
    const delayMs = until - this.#deps.clock.monotonic();
    if (delayMs <= 0) return true;
    return sleep(this.#deps.clock, delayMs, this.signal).then(
      () => true,
      () => false,
    );
  }

  #act(item: HeldItem): Promise<HeldOutcome> {
    const { executions } = this.#deps;
    const { _id: bulkId, kind, tables } = this.#document;
    const by = { actor: this.#watcher.actor, bulkId };
    switch (kind) {
      case 'retry':
        return executions.retryHeld(item, { ...by, ...(tables === undefined ? {} : { tables }) });
      case 'resend':
        return executions.resendHeld(item, by);
      case 'conclude':
        return executions.concludeHeld(item, { ...by, reason: this.#store.openReason(this.#document) });
      case 'cancel':
        return executions.cancelHeld(item, { ...by, reason: this.#store.openReason(this.#document) });
    }
  }

  /** Stores the progress. Returns undefined if a person stopped the bulk or another run took it over. */
  async #save(): Promise<BulkDocument | undefined> {
    const { _id, run } = this.#document;
    const set = { ...this.#counts, beatAt: this.#deps.clock.now() };
    const result = await this.#store.bulks.patchIf(_id, { run }, { set });
    return result.outcome === 'patched' && result.document.status === 'running' ? result.document : undefined;
  }

  async #end(stopReason?: BulkStopReason): Promise<Bulk> {
    const { _id, run, total } = this.#document;
    const status = this.#counts.handled === total ? 'done' : 'stopped';
    const endedAt = this.#deps.clock.now();
    const set = { ...this.#counts, status, endedAt, ...(stopReason === undefined ? {} : { stopReason }) };
    const result = await this.#store.bulks.patchIf(_id, { run }, { set }, { durability: 'full' });
    if (result.outcome === 'patched') return toBulk(result.document);
    throw bulkRunning(_id);
  }
}

interface Counts {
  handled: number;
  done: number;
  goneOn: number;
  missing: number;
  refused: number;
}

function count(counts: Counts, outcome: HeldOutcome): void {
  counts.handled += 1;
  if (outcome === 'done') counts.done += 1;
  else if (outcome === 'gone-on') counts.goneOn += 1;
  else if (outcome === 'refused') counts.refused += 1;
  else counts.missing += 1;
}

export function bulkRunning(bulkId: string): AppError {
  return new AppError('BULK_RUNNING', 'input', `The bulk ${bulkId} is running.`, {
    values: { bulkId },
    fix: 'Watch its progress; to continue it yourself, stop it first.',
  });
}
