/** Decides which listed executions may run now, and takes them. Each lane keeps the order of the list. */
import type { Clock } from '../contract/values/clock.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import type { PartitionReader, PartitionReaderDeps } from './partition-reader.ts';
import { laneKeyOf, type Lanes, type TakeOutcome } from './lanes.ts';
import type { Owners } from '../ownership/owners.ts';
import type { WorkerCounts } from './worker-counts.ts';

export interface OfferDeps {
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly owners: Owners;
  readonly counts: WorkerCounts;
  /** The executions that run in this process, including inline ones. */
  readonly active: ReadonlySet<string>;
  readonly reader: Pick<PartitionReader, 'reread' | 'rereadLater' | 'took' | 'isUnannounced'>;
  /** Returns true if the execution is left to another process. */
  isForeign(document: ExecutionDocument): boolean;
}

const OWN_RUNNING_PAUSE_MS = 50;
/** If this process owns an execution but does not run it, it takes the execution again after this time. */
const ABANDONED_AFTER_MS = 5_000;
const MAX_ABANDONED = 10_000;

const FOUND: Partial<Record<ExecutionDocument['status'], 'due' | 'owner'>> = { waiting: 'due', running: 'owner' };

export function createOffer({ clock, lanes, owners, counts, active, reader, isForeign }: OfferDeps): PartitionReaderDeps['offer'] {
  const abandonedSince = new Map<string, number>();

  /**
   * Takes the executions that may run, in the order of the list. If the first execution of a lane may not run, those
   * behind it must wait.
   */
  return (listed, asOf, walk) => {
    const blocked = walk?.blocked ?? new Set<string>();
    let taken = 0;
    const elsewhere = new Set<string>();
    for (const document of listed) {
      const key = laneKeyOf(document);
      if (elsewhere.has(key)) reader.rereadLater(document.part);
      if (document.cancelRequested && document.status !== 'running' && !isForeign(document))
        taken += take({ ...document, lane: null }, asOf) === 'taken' ? 1 : 0;
      else if (blocked.has(key) || active.has(document._id) || lanes.isDone(document._id, asOf)) continue;
      else {
        const isForNextWalk = walk?.after !== undefined && document.acceptedAt >= walk.startedAt;
        if (isForNextWalk) walk.isOutdated = true;
        const outcome = !isForNextWalk && mayRun(document, asOf) && !isForeign(document) ? take(document, asOf) : 'refused';
        if (outcome === 'taken') taken += 1;
        else if (outcome === 'refused') {
          blocked.add(key);
          if (document.status === 'running') elsewhere.add(key);
        }
      }
    }
    return taken;
  };

  function take(document: ExecutionDocument, asOf: number): TakeOutcome {
    const outcome = lanes.take(document, asOf);
    if (outcome !== 'taken') return outcome;
    reader.took(document.part);
    if (reader.isUnannounced(document.part)) counts.found[FOUND[document.status] ?? 'queued'] += 1;
    return outcome;
  }

  function mayRun(document: ExecutionDocument, asOf: number): boolean {
    switch (document.status) {
      case 'queued':
        return true;
      case 'waiting':
        return (document.due ?? 0) <= clock.now();
      case 'running':
        return isOwnerGone(document, asOf);
      case 'held':
      case 'completed':
      case 'failed':
      case 'cancelled':
        return false;
    }
  }

  function isOwnerGone(document: ExecutionDocument, asOf: number): boolean {
    const owner = document.lease?.owner;
    if (owner !== undefined && owner !== owners.current) return owners.isDead(owner, asOf);
    // This process owns the execution but does not run it. Either the list is older than the end of the run, or the
    // process stopped working on the execution when the store failed.
    const key = `${document._id}@${document.epoch}`;
    const since = abandonedSince.get(key);
    reader.reread(document.part, OWN_RUNNING_PAUSE_MS);
    if (since === undefined) {
      if (abandonedSince.size > MAX_ABANDONED) abandonedSince.clear();
      abandonedSince.set(key, clock.monotonic());
      return false;
    }
    if (clock.monotonic() - since < ABANDONED_AFTER_MS) return false;
    abandonedSince.delete(key);
    return true;
  }
}
