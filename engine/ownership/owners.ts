/**
 * Tracks which processes are alive. Each process that runs flows claims under an incarnation, and increments the beat
 * in its heartbeat document. A process stops trusting its incarnation before others do, and for good. It continues
 * under a new incarnation, and claims of the old one send nothing more. On an exclusive store every other owner is
 * dead at once.
 *
 * Why two processes never both own a claim: a beat extends trust only if it was sent and acknowledged while trust
 * still held. So it was in the store before trust ran out. A process that saw a beat at `at` and read the same beat
 * 15 s later (`deadAfterMs`) knows that none came between. So trust ran out at `at` + 10 s (`trustMs`) at the latest.
 * All times are differences of one process's own monotonic clock.
 */
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkerDocument } from './worker-document.ts';

export interface Owners {
  /** The incarnation under which this process claims now. */
  readonly current: string;
  /** False: claims of this incarnation must not send another byte of a write. It never becomes true again. */
  isTrusted(incarnation: string): boolean;
  /**
   * True: it has sent nothing since `asOf` (monotonic) and never will, so what was read of its claims since then is
   * still valid.
   */
  isDead(owner: string, asOf: number): boolean;
  /** This process is stopping: do not wait for anything. */
  readonly isStopped: boolean;
  /** Increases when another owner has ended; its claims may need a take-over. */
  readonly ends: number;
  start(): Promise<void>;
  /**
   * Stops the heartbeat. With `isIdle` (no work of this process is in flight) it marks the incarnation as ended, so
   * that others take over at once instead of waiting until it counts as dead.
   */
  stop(isIdle: boolean): Promise<void>;
}

export interface OwnersDeps {
  readonly workers: Collection<WorkerDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique to this process. Its later incarnations are `<process>.2`, `<process>.3` … */
  readonly processId: string;
  readonly pace?: Pace;
}

/**
 * `trustMs` is shorter than `deadAfterMs`. The difference covers the time between checking the clock and sending the
 * first byte.
 */
export interface Pace {
  readonly beatMs: number;
  readonly trustMs: number;
  readonly deadAfterMs: number;
}

/**
 * The pace for executions. It is patient: an owner given up during a write leaves outcomes that a person must check.
 */
const PATIENT: Pace = { beatMs: 5_000, trustMs: 10_000, deadAfterMs: 15_000 };
const KEEP_MS = 86_400_000;
const PAGE = 1_000;

export function createOwners(deps: OwnersDeps): Owners {
  const { clock, workers, pace = PATIENT } = deps;
  /** Each owner's last beat, and since when it has not changed. `beat` is undefined if the owner has no document. */
  const seen = new Map<string, { readonly beat: number | undefined; readonly at: number }>();
  /**
   * Owners that ended with nothing in flight, and when this process learned it. Data read before may be older than
   * their last write.
   */
  const ended = new Map<string, number>();
  const over = new Set<string>();
  let ends = 0;
  let current = deps.processId;
  let incarnations = 0;
  let trustedUntil = Number.NEGATIVE_INFINITY;
  let readAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  let cancel: () => void = () => undefined;

  return {
    get current() {
      return current;
    },
    isTrusted: (incarnation) => !isStopped && (deps.isExclusive || (incarnation === current && clock.monotonic() < trustedUntil)),
    isDead,
    get isStopped() {
      return isStopped;
    },
    get ends() {
      return ends;
    },
    async start() {
      await begin();
      await observe();
      schedule();
    },
    async stop(isIdle) {
      isStopped = true;
      cancel();
      if (deps.isExclusive || !isIdle) return;
      await workers
        .patchIf(current, {}, { set: { ended: true } })
        .catch((error: unknown) => deps.log.warn('worker.end_untold', { code: toErrorRecord(error).code }));
    },
  };

  function schedule(): void {
    cancel = clock.after(pace.beatMs, () => {
      void tick().finally(() => {
        if (!isStopped) schedule();
      });
    });
  }

  async function tick(): Promise<void> {
    try {
      if (deps.isExclusive || clock.monotonic() < trustedUntil) await beat();
      else await begin();
      await observe();
    } catch (error) {
      deps.log.error('worker.beat_failed', error);
    }
  }

  async function begin(): Promise<void> {
    incarnations += 1;
    const incarnation = incarnations === 1 ? deps.processId : `${deps.processId}.${incarnations}`;
    const sentAt = clock.monotonic();
    const startedAt = clock.now();
    const { inserted } = await workers.insert({ _id: incarnation, beat: 0, startedAt, expiresAt: startedAt + KEEP_MS });
    if (!inserted) return;
    current = incarnation;
    trustedUntil = sentAt + pace.trustMs;
  }

  async function beat(): Promise<void> {
    const sentAt = clock.monotonic();
    const result = await workers.patchIf(current, {}, { inc: { beat: 1 }, set: { expiresAt: clock.now() + KEEP_MS } });
    if (result.outcome === 'patched' && clock.monotonic() < trustedUntil) trustedUntil = sentAt + pace.trustMs;
  }

  async function observe(): Promise<void> {
    if (deps.isExclusive) return;
    const sentAt = clock.monotonic();
    const beats = await readBeats();
    const at = clock.monotonic();
    for (const [owner, beat] of beats) if (seen.get(owner)?.beat !== beat) seen.set(owner, { beat, at });
    for (const owner of ended.keys()) if (!beats.has(owner)) ended.delete(owner);
    for (const [owner, { beat }] of seen) if (beat !== undefined && !beats.has(owner)) seen.set(owner, { beat: undefined, at });
    readAt = sentAt;
    for (const owner of over) if (!beats.has(owner)) over.delete(owner);
    for (const owner of beats.keys()) {
      if (over.has(owner) || !isDead(owner, clock.monotonic())) continue;
      over.add(owner);
      ends += 1;
    }
  }

  async function readBeats(): Promise<Map<string, number>> {
    const beats = new Map<string, number>();
    for (let after: string | undefined; ;) {
      const page = await workers.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const worker of page) {
        beats.set(worker._id, worker.beat);
        if (worker.ended && !ended.has(worker._id)) ended.set(worker._id, clock.monotonic());
      }
      if (page.length < PAGE) return beats;
      after = page.at(-1)!._id;
    }
  }

  function isDead(owner: string, asOf: number): boolean {
    if (deps.isExclusive) return owner !== current;
    if (asOf >= (ended.get(owner) ?? Infinity)) return true;
    const observed = seen.get(owner);
    // Its document is gone, or was missing at the last read: start watching now.
    if (!observed) seen.set(owner, { beat: undefined, at: clock.monotonic() });
    return observed !== undefined && Math.min(readAt, asOf) - observed.at >= pace.deadAfterMs;
  }
}
