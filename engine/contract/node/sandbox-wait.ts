/**
 * A step that runs scripts and expressions in the sandbox. When the step submits its first job, the sandbox creates
 * `sandboxWait`, which records how long the step's jobs wait behind jobs of other steps.
 */
export interface SandboxUser {
  sandboxWait?: SandboxWait;
}

/** Waits shorter than this are normal and are not reported. */
const TOLD_MS = 100;

/**
 * Measures the time during which a job of the step waited while none of its jobs ran. Waiting behind another job of
 * the same step does not count. All times are monotonic milliseconds.
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

  /** Returns the wait in whole milliseconds; undefined if it was too short to report. */
  reportedMs(nowMs: number): number | undefined {
    this.#add(nowMs);
    return this.#totalMs < TOLD_MS ? undefined : Math.round(this.#totalMs);
  }

  #add(nowMs: number): void {
    if (this.#waiting > 0 && this.#running === 0) this.#totalMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
