import type { AppError } from '../../../engine/contract/values/errors.ts';
import type { Verdict } from './broker.ts';
import { notStored } from './errors.ts';

export interface Settlement {
  /** The broker may forget the message and all before it. */
  stored(): void;
  /** Stores a dead letter. */
  dead(reason: { readonly code: string; readonly message: string }): Promise<void>;
}

/**
 * Settles the messages of one queue or partition in their order. After one that cannot be stored, or a dead letter
 * that the broker did not take, nothing more is settled.
 */
export class SettleInOrder {
  #tail: Promise<void> = Promise.resolve();
  #isOver = false;
  readonly #onEnd: (reason: AppError) => void;

  constructor(onEnd: (reason: AppError) => void) {
    this.#onEnd = onEnd;
  }

  add(verdict: Promise<Verdict>, settlement: Settlement): void {
    this.#tail = this.#tail.then(async () => {
      const judged = await verdict;
      if (this.#isOver) return;
      try {
        if (judged !== 'stored' && 'later' in judged) throw notStored(judged.later);
        if (judged !== 'stored') await settlement.dead(judged.dead);
        settlement.stored();
      } catch (error) {
        this.#isOver = true;
        this.#onEnd(error as AppError);
      }
    });
  }

  /** Settles nothing more. */
  end(): void {
    this.#isOver = true;
  }

  /** Resolves when all messages so far are settled. */
  drained(): Promise<void> {
    return this.#tail;
  }
}
