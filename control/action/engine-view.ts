/** What the engine reports about itself and about other processes. */
import type { ArchiveReader } from '../../engine/archive/read-archive.ts';
import type { ArchiveRuns } from '../../engine/archive/archive-runs.ts';
import type { Processes } from '../../engine/processes/create-processes.ts';
import type { QueueAge } from '../../engine/observe/queue-age.ts';
import type { RecordQuota } from '../../engine/execution/record-quota.ts';
import type { Traffic } from '../../engine/observe/traffic.ts';

/** A published flow that takes the groups of a collection. */
export interface CollectionTaker {
  readonly flowId: string;
  readonly domain: string;
  readonly collection: string;
  /** How long the flow lets a group wait to become complete. */
  readonly maxWaitMs: number;
}

export interface EngineView {
  /**
   * All processes of the installation: their state, the addresses where flows listen, and the counts of running calls.
   */
  readonly processes: Pick<
    Processes,
    | 'list'
    | 'listeners'
    | 'live'
    | 'adapterCalls'
    | 'interfaceCalls'
    | 'frontCalls'
    | 'gatewayConditions'
    | 'flowCalls'
    | 'callsSince'
    | 'endCalls'
  >;
  readonly traffic: Pick<Traffic, 'series'>;
  readonly queue: QueueAge;
  readonly quota: Pick<RecordQuota, 'exceeded'>;
  /** Absent if nothing is archived. */
  readonly archive?: Pick<ArchiveReader, 'days'> & {
    readonly runs: Pick<ArchiveRuns, 'latest' | 'request' | 'stop'>;
    readonly afterDays: number;
  };
  /**
   * Returns the ids of published durable flows whose trigger receives or fetches messages. Includes the flows of all
   * processes.
   */
  feeds(): readonly string[];
  /** Returns the published flows that take the groups of a collection. */
  takers(): readonly CollectionTaker[];
}
