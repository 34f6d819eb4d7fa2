/**
 * How many executions ended in each minute, how many of them failed and how long they took: what the overview draws. Kept in memory and
 * written once a minute into one small document per hour and process, so that a restart does not show an empty picture.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/clock.ts';
import { toErrorRecord } from '../contract/errors.ts';
import type { Logger } from '../contract/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';

export interface TrafficPoint {
  /** Begin of the minute or hour, epoch milliseconds. */
  readonly at: number;
  readonly count: number;
  readonly failed: number;
  /** Mean duration from acceptance to end; 0 when nothing ended. */
  readonly meanMs: number;
}

export interface TrafficSeries {
  /** The last 60 minutes, the current one last; every minute is there. */
  readonly minutes: readonly TrafficPoint[];
  /** The last 24 hours, the current one last. */
  readonly hours: readonly TrafficPoint[];
}

export interface Traffic {
  /** One execution ended. */
  ended(isFailed: boolean, durationMs: number): void;
  /** Of all processes on this store; what others counted in the last minute may be missing. */
  series(): Promise<TrafficSeries>;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

export interface TrafficDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique per process incarnation. */
  readonly owner: string;
}

type Sums = [count: number, failed: number, totalMs: number];

/** `_id` is `<hour>/<owner>`. */
interface TrafficHour extends StoredDocument {
  readonly hour: number;
  /** Minute of the hour -> sums. */
  readonly minutes: Readonly<Record<string, Sums>>;
  readonly expiresAt: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const HOURS = 24;
const MINUTES = 60;

const trafficSpec: CollectionSpec<TrafficHour> = {
  name: 'traffic',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [{ name: 'by_hour', fields: ['hour'] }],
  expiresAt: 'expiresAt',
};

export async function createTraffic({ documents, clock, log, owner }: TrafficDeps): Promise<Traffic> {
  const stored = await documents.open(trafficSpec);
  /** Begin of the hour -> its minutes, as this process counted them. */
  const own = new Map<number, Record<string, Sums>>();
  const changed = new Set<number>();
  let cancel = clock.after(MINUTE_MS, tick);

  function tick(): void {
    cancel = clock.after(MINUTE_MS, tick);
    void flush();
  }

  async function flush(): Promise<void> {
    const hours = [...changed];
    changed.clear();
    for (const hour of hours) {
      try {
        await put(stored, { _id: `${hour}/${owner}`, hour, minutes: own.get(hour) ?? {}, expiresAt: hour + (HOURS + 1) * HOUR_MS });
      } catch (error) {
        // It is tried again in a minute: a hole in a picture stops nothing.
        changed.add(hour);
        log.debug('traffic.not_written', { code: toErrorRecord(error).code });
      }
    }
    for (const hour of own.keys()) if (hour < clock.now() - (HOURS + 1) * HOUR_MS) own.delete(hour);
  }

  return {
    ended(isFailed, durationMs) {
      const now = clock.now();
      const hour = now - (now % HOUR_MS);
      const minutes = own.get(hour) ?? {};
      own.set(hour, minutes);
      const sums = (minutes[Math.floor((now - hour) / MINUTE_MS)] ??= [0, 0, 0]);
      sums[0] += 1;
      if (isFailed) sums[1] += 1;
      sums[2] += Math.max(0, durationMs);
      changed.add(hour);
    },
    async series() {
      const thisHour = clock.now() - (clock.now() % HOUR_MS);
      const from = thisHour - (HOURS - 1) * HOUR_MS;
      const others = await findFrom(stored, from);
      const parts: (readonly [number, Readonly<Record<string, Sums>>])[] = [
        ...others.filter(({ _id }) => !_id.endsWith(`/${owner}`)).map(({ hour, minutes }) => [hour, minutes] as const),
        ...own,
      ];
      return seriesOf(parts, clock.now());
    },
    async stop() {
      cancel();
      await flush();
    },
  };
}

async function put(stored: Collection<TrafficHour>, document: TrafficHour): Promise<void> {
  const { inserted } = await stored.insert(document);
  if (!inserted) await stored.replaceIf(document, {});
}

/** Bounded: many restarts in a day give many documents, but small ones. */
async function findFrom(stored: Collection<TrafficHour>, from: number): Promise<readonly TrafficHour[]> {
  return stored.find({ hour: { gte: from } }, { sort: ['-hour'], limit: 1000 });
}

function seriesOf(parts: readonly (readonly [number, Readonly<Record<string, Sums>>])[], now: number): TrafficSeries {
  const perMinute = new Map<number, Sums>();
  const perHour = new Map<number, Sums>();
  for (const [hour, minutes] of parts) {
    for (const [minute, sums] of Object.entries(minutes)) {
      add(perMinute, hour + Number(minute) * MINUTE_MS, sums);
      add(perHour, hour, sums);
    }
  }
  const points = (sums: ReadonlyMap<number, Sums>, stepMs: number, length: number) =>
    Array.from({ length }, (_, index) => pointOf(now - (now % stepMs) - (length - 1 - index) * stepMs, sums));
  return { minutes: points(perMinute, MINUTE_MS, MINUTES), hours: points(perHour, HOUR_MS, HOURS) };
}

function add(into: Map<number, Sums>, at: number, [count, failed, totalMs]: Sums): void {
  const sums = into.get(at) ?? [0, 0, 0];
  into.set(at, [sums[0] + count, sums[1] + failed, sums[2] + totalMs]);
}

function pointOf(at: number, sums: ReadonlyMap<number, Sums>): TrafficPoint {
  const [count, failed, totalMs] = sums.get(at) ?? [0, 0, 0];
  return { at, count, failed, meanMs: count === 0 ? 0 : Math.round(totalMs / count) };
}
