/**
 * A step that uses the sandbox for scripts and expressions. The sandbox records in it how long they waited for
 * others. Created when the first of them is submitted.
 */
export interface SandboxUser {
  sandboxWait?: SandboxWait;
}

/** Shorter waits are normal for the sandbox and are not reported. */
const TOLD_MS = 100;

/**
 * Time during which something of the user waited for a turn and nothing of it ran. Its own jobs do not count as
 * others. All times are monotonic.
 */
export class SandboxWait {
  #waiting = 0;
  #running = 0;
  #sinceMs = 0;
  #totalMs = 0;

  queued(nowMs: number): void {
    this.#add(nowMs);
    this.#waiting++;
  }

  started(nowMs: number): void {
    this.#add(nowMs);
    this.#waiting--;
    this.#running++;
  }

  ended(nowMs: number, hasStarted: boolean): void {
    this.#add(nowMs);
    if (hasStarted) this.#running--;
    else this.#waiting--;
  }

  /** Whole milliseconds; undefined if the wait was too short to report. */
  toldMs(nowMs: number): number | undefined {
    this.#add(nowMs);
    return this.#totalMs < TOLD_MS ? undefined : Math.round(this.#totalMs);
  }

  #add(nowMs: number): void {
    if (this.#waiting > 0 && this.#running === 0) this.#totalMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
