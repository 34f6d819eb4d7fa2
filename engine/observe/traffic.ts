/**
 * Counts, for charts, the executions that ended in each minute, how many failed, and how long they took. Also counts
 * the calls of each adapter and interface in this way. The counts are kept in memory, and written once a minute into
 * one small document per hour, process and subject, so that charts survive a restart.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';

export interface TrafficPoint {
  /** Start of the minute or hour, epoch milliseconds. */
  readonly at: number;
  readonly count: number;
  readonly failed: number;
  /** Number of refused calls; always 0 for executions. */
  readonly refused: number;
  /** Mean duration in milliseconds, without waiting time; 0 if nothing ended. */
  readonly meanMs: number;
}

export interface TrafficSeries {
  /** The last 60 minutes, the current one last, without gaps. */
  readonly minutes: readonly TrafficPoint[];
  /** The last 24 hours, the current one last. */
  readonly hours: readonly TrafficPoint[];
}

export interface Traffic {
  /** Called when an execution ended. */
  ended(isFailed: boolean, durationMs: number): void;
  /**
   * Returns the counts of all processes on this store; counts of other processes in the last minute may be missing.
   * Without a subject, returns the counts of executions. With `since`, returns only minutes that began after it.
   */
  series(subject?: string, since?: number): Promise<TrafficSeries>;
  /** Stops the timer that writes every minute, and writes the counts that are not written yet. */
  stop(): Promise<void>;
}

export interface TrafficDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  /** Identifies this process and this start of it. */
  readonly owner: string;
  /**
   * Returns the total calls since the process started, by subject. The calls since the previous read count for the
   * current minute.
   */
  readonly calls?: () => Iterable<readonly [subject: string, totals: CallCounts['totals']]>;
}

/** Data stored by the previous version has no `refused`. */
type Sums = [count: number, failed: number, totalMs: number, refused?: number];

/** `_id` is `<hour>/<owner>`, followed by `/<subject>` if there is one. */
interface TrafficHour extends StoredDocument {
  readonly hour: number;
  readonly subject?: string;
  /** The sums by minute of the hour. */
  readonly minutes: Readonly<Record<string, Sums>>;
  readonly expiresAt: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/**
 * How often the totals of calls are read, in milliseconds. A call may be counted this much too late, so it may count
 * for the next minute.
 */
const READ_MS = 10_000;
const HOURS = 24;
const MINUTES = 60;

/** The name differs from `traffic`, the collection in 0.1.0, which has another index and no subjects. */
const trafficSpec: CollectionSpec<TrafficHour> = {
  name: 'traffic_hours',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [
    { name: 'by_hour', fields: ['hour'] },
    { name: 'by_subject', fields: ['subject', 'hour'] },
  ],
  expiresAt: 'expiresAt',
};

/** One hour of one subject, as counted by this process. */
interface Part {
  readonly subject: string;
  readonly hour: number;
  readonly minutes: Record<string, Sums>;
  isChanged: boolean;
}

export async function createTraffic({ documents, clock, log, owner, calls }: TrafficDeps): Promise<Traffic> {
  const stored = await documents.open(trafficSpec);
  /** The counts of this process by subject, then by the start of the hour. */
  const own = new Map<string, Map<number, Part>>();
  const read = new Map<string, CallCounts['totals']>();
  let cancel = clock.after(MINUTE_MS, tick);
  let cancelReading = calls === undefined ? () => undefined : clock.after(READ_MS, readOften);

  function tick(): void {
    cancel = clock.after(MINUTE_MS, tick);
    void flush();
  }

  function readOften(): void {
    cancelReading = clock.after(READ_MS, readOften);
    readCalls();
  }

  function readCalls(): void {
    for (const [subject, totals] of calls?.() ?? []) {
      const [count, failed, ms, refused = 0] = read.get(subject) ?? [0, 0, 0];
      if (totals[0] > count) add(sumsNow(subject), [totals[0] - count, totals[1] - failed, totals[2] - ms, (totals[3] ?? 0) - refused]);
      read.set(subject, totals);
    }
  }

  /** Returns the sums of the current minute. The caller adds to them. */
  function sumsNow(subject: string): Sums {
    const now = clock.now();
    const hour = now - (now % HOUR_MS);
    const hours = own.get(subject) ?? new Map<number, Part>();
    own.set(subject, hours);
    const part = hours.get(hour) ?? { subject, hour, minutes: {}, isChanged: true };
    hours.set(hour, part);
    part.isChanged = true;
    return (part.minutes[Math.floor((now - hour) / MINUTE_MS)] ??= [0, 0, 0]);
  }

  async function flush(): Promise<void> {
    readCalls();
    for (const part of Array.from(own.values(), (hours) => [...hours.values()]).flat()) {
      if (!part.isChanged) continue;
      const { subject, hour, minutes } = part;
      part.isChanged = false;
      try {
        const named = subject === '' ? {} : { subject };
        await put(stored, { _id: idOf(hour, subject), hour, ...named, minutes, expiresAt: hour + (HOURS + 1) * HOUR_MS });
      } catch (error) {
        // The counts are written again in a minute. A gap in a chart does no harm.
        part.isChanged = true;
        log.debug('traffic.not_written', { code: toErrorRecord(error).code });
      }
    }
    for (const hours of own.values()) for (const hour of hours.keys()) if (hour < clock.now() - (HOURS + 1) * HOUR_MS) hours.delete(hour);
  }

  const idOf = (hour: number, subject: string) => `${hour}/${owner}${subject === '' ? '' : `/${subject}`}`;

  return {
    ended(isFailed, durationMs) {
      add(sumsNow(''), [1, isFailed ? 1 : 0, Math.max(0, durationMs)]);
    },
    async series(subject = '', since = 0) {
      readCalls();
      const thisHour = clock.now() - (clock.now() % HOUR_MS);
      const from = thisHour - (HOURS - 1) * HOUR_MS;
      const others = await findFrom(stored, from, subject);
      const parts = [...others.filter(({ _id, hour }) => _id !== idOf(hour, subject)), ...(own.get(subject)?.values() ?? [])];
      return seriesOf(parts, clock.now(), since);
    },
    async stop() {
      cancel();
      cancelReading();
      await flush();
    },
  };
}

async function put(stored: Collection<TrafficHour>, document: TrafficHour): Promise<void> {
  const { inserted } = await stored.insert(document);
  if (!inserted) await stored.replaceIf(document, {});
}

/**
 * Reads the stored hours since a time. The limit is safe for memory: many restarts in a day create many documents, but
 * small ones.
 */
async function findFrom(stored: Collection<TrafficHour>, from: number, subject: string): Promise<readonly TrafficHour[]> {
  return stored.find({ subject: subject === '' ? null : subject, hour: { gte: from } }, { sort: ['-hour'], limit: 1000 });
}

function seriesOf(parts: readonly Pick<TrafficHour, 'hour' | 'minutes'>[], now: number, since: number): TrafficSeries {
  const perMinute = new Map<number, Sums>();
  const perHour = new Map<number, Sums>();
  for (const { hour, minutes } of parts) {
    for (const [minute, sums] of Object.entries(minutes)) {
      const at = hour + Number(minute) * MINUTE_MS;
      if (at < since) continue;
      add(sumsAt(perMinute, at), sums);
      add(sumsAt(perHour, hour), sums);
    }
  }
  const points = (sums: ReadonlyMap<number, Sums>, stepMs: number, length: number) =>
    Array.from({ length }, (_, index) => pointOf(now - (now % stepMs) - (length - 1 - index) * stepMs, sums));
  return { minutes: points(perMinute, MINUTE_MS, MINUTES), hours: points(perHour, HOUR_MS, HOURS) };
}

function sumsAt(all: Map<number, Sums>, at: number): Sums {
  const sums = all.get(at) ?? [0, 0, 0];
  all.set(at, sums);
  return sums;
}

function add(sums: Sums, [count, failed, totalMs, refused = 0]: Readonly<Sums>): void {
  sums[0] += count;
  sums[1] += failed;
  sums[2] += totalMs;
  if (refused > 0) sums[3] = (sums[3] ?? 0) + refused;
}

function pointOf(at: number, sums: ReadonlyMap<number, Sums>): TrafficPoint {
  const [count, failed, totalMs, refused = 0] = sums.get(at) ?? [0, 0, 0];
  return { at, count, failed, refused, meanMs: count === 0 ? 0 : Math.round(totalMs / count) };
}
