/** Stores how inline runs ended, after their callers were answered. */
import type { Inline } from './inline.ts';
import { sleep } from '../contract/values/clock.ts';
import type { RunEnd } from '../execution/run-job.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { RunFlowDeps } from './run-flow-deps.ts';

const TAKE_BACK_PAUSE_MS = 1_000;
const TAKE_BACK_WITHIN_MS = 3_600_000;

export class InlineEnds {
  readonly #deps: Pick<RunFlowDeps, 'executions' | 'active' | 'clock' | 'log'>;
  /** Their caller was answered, and the store is still to hear of them. */
  readonly #unstored = new Set<string>();

  constructor(deps: Pick<RunFlowDeps, 'executions' | 'active' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /** False while its end is not stored. */
  isStored(executionId: string): boolean {
    return !this.#unstored.has(executionId);
  }

  /**
   * A store that fails now changes nothing for the caller, who need not wait for it; the same key is told that it runs until the end is
   * stored. Where it never can be, the execution is found by the reconciler and held.
   */
  async store(inline: Inline, end: Exclude<RunEnd, { status: 'lost' }>, onStoreFailing: () => void): Promise<void> {
    const { executionId, journal } = inline;
    const isUndone = end.status === 'failed' && end.error.kind === 'transient' && end.reply === undefined && !journal.hasWritten;
    const isKeyFree = isUndone && journal.isClaimed;
    this.#unstored.add(executionId);
    try {
      await journal.finish(end, onStoreFailing);
      if (isKeyFree) await this.#releaseKey(inline);
    } catch (error) {
      this.#deps.log.warn('flow.record_failed', { executionId, code: toErrorRecord(error).code });
    }
    this.#unstored.delete(executionId);
    this.#deps.active.delete(executionId);
  }

  /**
   * The store failed while it was to keep the first intent, and may have kept it: nothing was sent, and nothing will be. It is removed as soon
   * as the store answers, since it would keep its key, and be held in the end for a write that surely was not done.
   */
  async takeBack(executionId: string): Promise<void> {
    this.#unstored.add(executionId);
    const endMs = this.#deps.clock.monotonic() + TAKE_BACK_WITHIN_MS;
    while (this.#deps.clock.monotonic() < endMs) {
      try {
        await this.#deps.executions.remove(executionId, { status: 'running', epoch: 1 });
        break;
      } catch {
        await sleep(this.#deps.clock, TAKE_BACK_PAUSE_MS);
      }
    }
    this.#unstored.delete(executionId);
    this.#deps.active.delete(executionId);
  }

  /** Nothing was done outside: the caller may try again under the same key. */
  async #releaseKey({ executionId, dedupe }: Inline): Promise<void> {
    await this.#deps.executions.patchIf(executionId, { dedupe, status: 'failed' }, { set: { dedupe: `x:${executionId}` } });
  }
}
