interface TimeOut {
  readonly dueMs: number;
  readonly action: () => void;
  before: TimeOut | undefined;
  behind: TimeOut | undefined;
}

/** The longest wait of a Node timer, in milliseconds. For a longer time-out, the timer is set again when it fires. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Time-outs of one length, ordered by their ends. One Node timer serves them all and is set to the first end. Each
 * request sets several time-outs and cancels nearly all of them. With separate timers, this took a twentieth of the
 * time of a sync flow.
 */
export class TimeOutLine {
  readonly #delayMs: number;
  readonly #onEmpty: () => void;
  #first: TimeOut | undefined;
  #last: TimeOut | undefined;
  #isArmed = false;

  /** Calls `onEmpty` when no time-out is left, so that the owner can drop this object. */
  constructor(delayMs: number, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#onEmpty = onEmpty;
  }

  /** Adds a time-out. Returns a function that cancels it. */
  add(action: () => void): () => void {
    const timeOut: TimeOut = { dueMs: performance.now() + this.#delayMs, action, before: this.#last, behind: undefined };
    if (this.#last === undefined) this.#first = timeOut;
    else this.#last.behind = timeOut;
    this.#last = timeOut;
    if (!this.#isArmed) this.#arm(this.#delayMs);
    return () => this.#remove(timeOut);
  }

  #remove(timeOut: TimeOut): void {
    const { before, behind } = timeOut;
    if (before === undefined && this.#first !== timeOut) return;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // Unlink the entry: a finished entry that refers to a waiting one would keep the waiting one in memory.
    timeOut.before = undefined;
    timeOut.behind = undefined;
  }

  #arm(delayMs: number): void {
    this.#isArmed = true;
    setTimeout(() => this.#run(), Math.min(Math.max(1, delayMs), MAX_TIMER_MS)).unref();
  }

  #run(): void {
    try {
      for (let next = this.#first; next !== undefined && next.dueMs <= performance.now(); next = this.#first) {
        this.#remove(next);
        next.action();
      }
    } finally {
      this.#isArmed = false;
      if (this.#first === undefined) this.#onEmpty();
      else this.#arm(this.#first.dueMs - performance.now());
    }
  }
}
