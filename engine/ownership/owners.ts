/**
 * Who is alive. Each process that runs flows claims under an incarnation, whose heartbeat document it counts up. A process stops trusting its
 * incarnation earlier than others stop trusting it, and for good: it goes on under a new one, and what the old one claimed sends nothing more.
 * On an exclusive store every other owner is dead at once.
 *
 * Why no two processes ever believe in the same claim: a beat prolongs trust only if it was sent and answered while trust still held, so it
 * was in the store before trust ran out. Whoever saw a beat at `at` and read the same beat again 15 s later (`deadAfterMs`) knows that none came
 * between; trust ran out at `at` + 10 s (`trustMs`) at the latest. All times are differences of one process's own monotonic clock.
 */
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkerDocument } from './worker-document.ts';

export interface Owners {
  /** The incarnation under which this process claims now. */
  readonly current: string;
  /** False: what was claimed under this incarnation must not send another byte of a write; it never becomes true again. */
  isTrusted(incarnation: string): boolean;
  /** True: it has sent nothing since `asOf` (monotonic) and never will, so what was read of its claims since then still holds. */
  isDead(owner: string, asOf: number): boolean;
  /** This process ends: it waits for nothing any more. */
  readonly isStopped: boolean;
  /** Grows when another owner has come to its end: then there may be claims of its to take over. */
  readonly ends: number;
  start(): Promise<void>;
  /**
   * Ends the beat. When nothing of this process is under way any more (`isIdle`) it says so, and others take over at once
   * instead of waiting until it seems dead.
   */
  stop(isIdle: boolean): Promise<void>;
}

export interface OwnersDeps {
  readonly workers: Collection<WorkerDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique to this process; its later incarnations are `<process>.2`, `<process>.3` … */
  readonly processId: string;
  readonly pace?: Pace;
}

/** `trustMs` is shorter than `deadAfterMs`: the difference covers what lies between the look at the clock and the first byte on its way. */
export interface Pace {
  readonly beatMs: number;
  readonly trustMs: number;
  readonly deadAfterMs: number;
}

/** Of executions: patient, since an owner that is given up while it writes leaves outcomes that a person must look at. */
const PATIENT: Pace = { beatMs: 5_000, trustMs: 10_000, deadAfterMs: 15_000 };
const KEEP_MS = 86_400_000;
const PAGE = 1_000;

export function createOwners(deps: OwnersDeps): Owners {
  const { clock, workers, pace = PATIENT } = deps;
  /** Since when an owner's counter stands where it stands; no counter: it has no document. */
  const seen = new Map<string, { readonly beat: number | undefined; readonly at: number }>();
  /** Ended as asked, with nothing under way; since when that is known here: what was read before may be older than their last write. */
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
    // Its document is gone, or was not there when last read: the watch begins now.
    if (!observed) seen.set(owner, { beat: undefined, at: clock.monotonic() });
    return observed !== undefined && Math.min(readAt, asOf) - observed.at >= pace.deadAfterMs;
  }
}
