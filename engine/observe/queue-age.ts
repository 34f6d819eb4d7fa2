/**
 * Computes how long the oldest message has waited, and how many executions are open. Autoscaling and alarms use it. The
 * state is computed on request, at most every few seconds.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Metrics } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import { PAYLOAD_FIELDS, type ExecutionDocument, type ExecutionHead } from '../execution/execution-document.ts';

export interface QueueState {
  /**
   * The age of the oldest execution that a worker could take now; 0 if there is none. An execution that waits behind a
   * held or waiting one in its lane does not count.
   */
  readonly oldestAgeMs: number;
  /** Open executions by status, each counted up to 10,000. */
  readonly open: Readonly<Record<OpenStatus, number>>;
}

export type OpenStatus = (typeof OPEN)[number];

export interface QueueAge {
  /** Rejects if the store fails. */
  read(): Promise<QueueState>;
}

export interface QueueAgeDeps {
  readonly executions: Pick<Collection<ExecutionDocument>, 'find' | 'count'>;
  readonly clock: Clock;
}

const OPEN = ['queued', 'running', 'waiting', 'held'] as const;
const FRESH_MS = 5_000;
const PAGE = 200;
const MAX_PAGES = 10;
const MAX_PARKED = 1_000;

export function createQueueAge({ executions, clock }: QueueAgeDeps): QueueAge {
  let last: { readonly at: number; readonly state: Promise<QueueState> } | undefined;

  async function look(): Promise<QueueState> {
    const [oldestAgeMs, ...counts] = await Promise.all([oldestAge(), ...OPEN.map((status) => executions.count({ status }))]);
    return { oldestAgeMs, open: Object.fromEntries(OPEN.map((status, index) => [status, counts[index]])) as QueueState['open'] };
  }

  async function oldestAge(): Promise<number> {
    const parked = await Promise.all([parkedLanes('held'), parkedLanes('waiting')]);
    const isFree = ({ lane }: ExecutionHead) => lane === null || !parked.some((keys) => keys.has(lane.key));
    for (let page = 0, after: string | undefined; page < MAX_PAGES; page += 1) {
      const options = { sort: ['acceptedAt'], limit: PAGE, omit: PAYLOAD_FIELDS, ...(after === undefined ? {} : { after }) };
      const queued = await executions.find({ status: 'queued' }, options);
      const oldest = queued.find(isFree);
      if (oldest) return Math.max(0, clock.now() - oldest.acceptedAt);
      if (queued.length < PAGE) return 0;
      after = queued.at(-1)!._id;
    }
    return 0;
  }

  async function parkedLanes(status: 'held' | 'waiting'): Promise<ReadonlySet<string>> {
    const parked = await executions.find({ status }, { sort: ['acceptedAt'], limit: MAX_PARKED, omit: PAYLOAD_FIELDS });
    return new Set(parked.flatMap(({ lane }) => lane?.key ?? []));
  }

  return {
    read() {
      if (last === undefined || clock.monotonic() - last.at >= FRESH_MS) last = { at: clock.monotonic(), state: look() };
      return last.state;
    },
  };
}

export function showQueue(age: QueueAge, metrics: Metrics): void {
  metrics.gauge('queue_oldest_age_seconds', async () => (await age.read()).oldestAgeMs / 1000);
  for (const status of OPEN) metrics.gauge('executions_open', async () => (await age.read()).open[status], { status });
}
