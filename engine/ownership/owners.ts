/**
 * Tracks which processes are alive. Each process that runs flows claims executions under an incarnation. It regularly
 * increments the counter `beat` in its heartbeat document. If it cannot do so in time, it stops trusting its
 * incarnation before other processes consider it dead, and continues under a new incarnation. Under the old incarnation
 * it sends nothing more. On an exclusive store, every other owner is dead at once.
 *
 * Why two processes never own a claim at the same time: a heartbeat extends trust only if it was sent and acknowledged
 * while trust still held. So the heartbeat was in the store before trust ran out. If another process saw a heartbeat at
 * `at`, and reads the same heartbeat 15 s later (`deadAfterMs`), no heartbeat came in between. So trust ran out at `at`
 * + 10 s (`trustMs`) at the latest. All times are differences on the monotonic clock of one process.
 */
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkerDocument } from './worker-document.ts';

export interface Owners {
  /** The incarnation under which this process claims now. */
  readonly current: string;
  /** Returns false if claims of this incarnation must not send another byte of a write. Once false, it stays false. */
  isTrusted(incarnation: string): boolean;
  /**
   * Returns true if the owner has sent nothing since `asOf` (monotonic) and never will. So data of its claims that was
   * read since then is still valid.
   */
  isDead(owner: string, asOf: number): boolean;
  /** True if this process is stopping and must not wait for anything. */
  readonly isStopped: boolean;
  /** Increases when another owner has ended, because its claims may need a take-over. */
  readonly ends: number;
  start(): Promise<void>;
  /**
   * Stops the heartbeat. With `isIdle` (this process has no work in flight), marks the incarnation as ended, so that
   * others take over at once instead of waiting until it counts as dead.
   */
  stop(isIdle: boolean): Promise<void>;
}

export interface OwnersDeps {
  readonly workers: Collection<WorkerDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** The unique id of this process. Its later incarnations are `<process>.2`, `<process>.3` … */
  readonly processId: string;
  readonly pace?: Pace;
}

/**
 * The times of the heartbeat. `trustMs` is shorter than `deadAfterMs`; the difference covers the time between checking
 * the clock and sending the first byte.
 */
export interface Pace {
  readonly beatMs: number;
  readonly trustMs: number;
  readonly deadAfterMs: number;
}

/**
 * The times for executions. They are long, because an owner that is considered dead during a write leaves an outcome
 * that a person must check.
 */
const PATIENT: Pace = { beatMs: 5_000, trustMs: 10_000, deadAfterMs: 15_000 };
const KEEP_MS = 86_400_000;
const PAGE = 1_000;

export function createOwners(deps: OwnersDeps): Owners {
  return new HeartbeatOwners(deps);
}

class HeartbeatOwners implements Owners {
  readonly #deps: OwnersDeps;
  readonly #pace: Pace;
  /**
   * The last `beat` that was read of each owner, and when this process first read that value. `beat` is undefined if
   * the owner has no document.
   */
  readonly #seen = new Map<string, { readonly beat: number | undefined; readonly at: number }>();
  /**
   * Owners that ended with no work in flight, and when this process read that. Data that was read earlier may be older
   * than their last write.
   */
  readonly #ended = new Map<string, number>();
  /** Dead owners that `ends` already includes. */
  readonly #counted = new Set<string>();
  #ends = 0;
  #current: string;
  #incarnations = 0;
  #trustedUntil = Number.NEGATIVE_INFINITY;
  #readAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #cancel: () => void = () => undefined;

  constructor(deps: OwnersDeps) {
    this.#deps = deps;
    this.#pace = deps.pace ?? PATIENT;
    this.#current = deps.processId;
  }

  get current(): string {
    return this.#current;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get ends(): number {
    return this.#ends;
  }

  isTrusted(incarnation: string): boolean {
    return !this.#isStopped && (this.#deps.isExclusive || (incarnation === this.#current && this.#isWithinTrust()));
  }

  isDead(owner: string, asOf: number): boolean {
    if (this.#deps.isExclusive) return owner !== this.#current;
    if (asOf >= (this.#ended.get(owner) ?? Infinity)) return true;
    const observed = this.#seen.get(owner);
    // The owner has no document, or had none at the last read: start to watch it now.
    if (!observed) this.#seen.set(owner, { beat: undefined, at: this.#deps.clock.monotonic() });
    return observed !== undefined && Math.min(this.#readAt, asOf) - observed.at >= this.#pace.deadAfterMs;
  }

  async start(): Promise<void> {
    await this.#begin();
    await this.#observe();
    this.#schedule();
  }

  async stop(isIdle: boolean): Promise<void> {
    const { isExclusive, workers, log } = this.#deps;
    this.#isStopped = true;
    this.#cancel();
    if (isExclusive || !isIdle) return;
    await workers
      .patchIf(this.#current, {}, { set: { ended: true } })
      .catch((error: unknown) => log.warn('worker.end_untold', { code: toErrorRecord(error).code }));
  }

  #isWithinTrust(): boolean {
    return this.#deps.clock.monotonic() < this.#trustedUntil;
  }

  #schedule(): void {
    this.#cancel = this.#deps.clock.after(this.#pace.beatMs, () => {
      void this.#tick().finally(() => {
        if (!this.#isStopped) this.#schedule();
      });
    });
  }

  async #tick(): Promise<void> {
    try {
      if (this.#deps.isExclusive || this.#isWithinTrust()) await this.#beat();
      else await this.#begin();
      await this.#observe();
    } catch (error) {
      this.#deps.log.error('worker.beat_failed', error);
    }
  }

  /** Continues under a new incarnation. */
  async #begin(): Promise<void> {
    const { clock, workers, processId } = this.#deps;
    this.#incarnations += 1;
    const incarnation = this.#incarnations === 1 ? processId : `${processId}.${this.#incarnations}`;
    const sentAt = clock.monotonic();
    const startedAt = clock.now();
    const { inserted } = await workers.insert({ _id: incarnation, beat: 0, startedAt, expiresAt: startedAt + KEEP_MS });
    if (!inserted) return;
    this.#current = incarnation;
    this.#trustedUntil = sentAt + this.#pace.trustMs;
  }

  async #beat(): Promise<void> {
    const { clock, workers } = this.#deps;
    const sentAt = clock.monotonic();
    const result = await workers.patchIf(this.#current, {}, { inc: { beat: 1 }, set: { expiresAt: clock.now() + KEEP_MS } });
    if (result.outcome === 'patched' && this.#isWithinTrust()) this.#trustedUntil = sentAt + this.#pace.trustMs;
  }

  async #observe(): Promise<void> {
    const { clock, isExclusive } = this.#deps;
    if (isExclusive) return;
    const sentAt = clock.monotonic();
    const beats = await this.#readBeats();
    this.#noteBeats(beats);
    this.#readAt = sentAt;
    this.#countEnds(beats);
  }

  async #readBeats(): Promise<Map<string, number>> {
    const { clock, workers } = this.#deps;
    const beats = new Map<string, number>();
    for (let after: string | undefined; ;) {
      const page = await workers.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const worker of page) {
        beats.set(worker._id, worker.beat);
        if (worker.ended && !this.#ended.has(worker._id)) this.#ended.set(worker._id, clock.monotonic());
      }
      if (page.length < PAGE) return beats;
      after = page.at(-1)!._id;
    }
  }

  #noteBeats(beats: ReadonlyMap<string, number>): void {
    const at = this.#deps.clock.monotonic();
    for (const [owner, beat] of beats) if (this.#seen.get(owner)?.beat !== beat) this.#seen.set(owner, { beat, at });
    for (const owner of this.#ended.keys()) if (!beats.has(owner)) this.#ended.delete(owner);
    for (const [owner, { beat }] of this.#seen) if (beat !== undefined && !beats.has(owner)) this.#seen.set(owner, { beat: undefined, at });
  }

  #countEnds(beats: ReadonlyMap<string, number>): void {
    for (const owner of this.#counted) if (!beats.has(owner)) this.#counted.delete(owner);
    for (const owner of beats.keys()) {
      if (this.#counted.has(owner) || !this.isDead(owner, this.#deps.clock.monotonic())) continue;
      this.#counted.add(owner);
      this.#ends += 1;
    }
  }
}
