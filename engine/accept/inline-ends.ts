/** Stores how inline runs ended. */
import type { Inline } from './inline.ts';
import { sleep } from '../contract/values/clock.ts';
import type { RunEnd } from '../execution/run-job.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import { transition } from '../execution/transition.ts';
import type { RunFlowDeps } from './run-flow-deps.ts';

const TAKE_BACK_PAUSE_MS = 1_000;
const TAKE_BACK_WITHIN_MS = 3_600_000;

export class InlineEnds {
  readonly #deps: Pick<RunFlowDeps, 'executions' | 'active' | 'clock' | 'log'>;
  /** Executions whose end is still to be stored. */
  readonly #unstored = new Set<string>();

  constructor(deps: Pick<RunFlowDeps, 'executions' | 'active' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /** False while its end is not stored. */
  isStored(executionId: string): boolean {
    return !this.#unstored.has(executionId);
  }

  /**
   * The caller does not wait while the store fails. A repeated call gets the outcome "running" until the end is
   * stored. If the end can never be stored, the reconciler finds the execution and it is held.
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
   * The store failed while storing the first intent, and may have kept it. Nothing was sent, and nothing will be. The
   * execution is removed as soon as the store responds: it would block its key, and finally be held for a write that
   * was surely not done.
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
  async #releaseKey({ executionId, dedupe, journal }: Inline): Promise<void> {
    const { match, patch } = transition({ status: 'failed', epoch: journal.epoch }, { kind: 'key-freed', id: executionId, dedupe });
    await this.#deps.executions.patchIf(executionId, match, patch);
  }
}
