/** Who has scripts and expressions run: the sandbox notes on it how long they waited for others. Made when the first of them is handed over. */
export interface SandboxUser {
  sandboxWait?: SandboxWait;
}

/** What a reader wants to know of; below, a wait is part of how the sandbox works. */
const TOLD_MS = 100;

/** Time in which something of the user waited for a turn and nothing of it ran: its own jobs do not count as others. All times monotonic. */
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

  /** Whole milliseconds; undefined when it waited too short to be told. */
  toldMs(nowMs: number): number | undefined {
    this.#add(nowMs);
    return this.#totalMs < TOLD_MS ? undefined : Math.round(this.#totalMs);
  }

  #add(nowMs: number): void {
    if (this.#waiting > 0 && this.#running === 0) this.#totalMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
