/** Stores the ends of inline runs. */
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
  /** Executions whose end is not stored yet. */
  readonly #unstored = new Set<string>();

  constructor(deps: Pick<RunFlowDeps, 'executions' | 'active' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /** Returns false while the end of the execution is not stored. */
  isStored(executionId: string): boolean {
    return !this.#unstored.has(executionId);
  }

  /**
   * Stores the end of a run. The caller does not wait while the store fails: `onStoreFailing` is called, and a
   * repeated call gets the outcome "running" until the end is stored. If the end can never be stored, the reconciler
   * finds the execution, and it is held.
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
   * Removes an execution if the store failed while storing its first intent, because the store may have stored it.
   * Nothing was sent, and nothing will be. If the execution stayed, it would block its key, and finally be held for a
   * write that was certainly not done.
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

  /**
   * Frees the dedupe key, so that the caller may try again with it. Called only if the execution wrote nothing to
   * another system.
   */
  async #releaseKey({ executionId, dedupe, journal }: Inline): Promise<void> {
    const { match, patch } = transition({ status: 'failed', epoch: journal.epoch }, { kind: 'key-freed', id: executionId, dedupe });
    await this.#deps.executions.patchIf(executionId, match, patch);
  }
}
