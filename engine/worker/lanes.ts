/**
 * The executions this worker has in hand, by lane: each lane runs strictly one after the other, in the order of its
 * list. A refused claim drops the rest of the list; the next ring or read brings it again.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import type { Slot } from '../execution/run-job.ts';
import type { RunVerdict } from './run-execution.ts';

export interface Lanes {
  /** Takes an execution into its lane. `asOf` (monotonic) is when the read that listed it began. */
  take(document: ExecutionDocument, asOf: number): TakeOutcome;
  /**
   * Whether it ended here after the read of a list that still shows it open. If a later list shows it open, it is
   * open again: a database crash may lose the last settles, which are not flushed one by one.
   */
  isDone(executionId: string, asOf: number): boolean;
  /** Executions in hand that have not started. */
  readonly size: number;
  readonly running: number;
  /** Resolves when nothing is in hand any more. Takes nothing in the meantime. */
  drain(): Promise<void>;
}

/** `refused`: it must wait for a fresh list, and so must the executions behind it. */
export type TakeOutcome = 'taken' | 'in-hand' | 'refused';

export interface LanesDeps {
  readonly slots: number;
  readonly clock: Clock;
  /** Never rejects. */
  run(document: ExecutionDocument, slot: Slot): Promise<RunVerdict>;
  /** Called when the lane ended early or got more meanwhile: its partition must be read again. */
  onReread(part: number): void;
  /** Called for each execution that leaves this worker's hands, whether it ran or not. */
  onLeave(part: number, count: number): void;
  /** Called when the lane's first execution may not continue. What an older list shows behind it must not run. */
  onBlocked(part: number, laneKey: string): void;
}

interface Lane {
  readonly part: number;
  readonly items: ExecutionDocument[];
  readonly ids: Set<string>;
  lastSeq: string;
  isStale: boolean;
}

/** How many finished executions are remembered, so that a list read before their end does not bring them back. */
const REMEMBERED = 5_000;

export function createLanes(deps: LanesDeps): Lanes {
  const lanes = new Map<string, Lane>();
  /** Execution id -> when it ended here. */
  const done = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let size = 0;
  let onEmpty: (() => void) | undefined;
  let isDraining = false;

  const slot: Slot = {
    acquire() {
      if (running >= deps.slots) return new Promise((resolve) => waiting.push(resolve));
      running += 1;
      return Promise.resolve();
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    },
  };

  return {
    take,
    isDone,
    get size() {
      return size;
    },
    get running() {
      return running;
    },
    drain() {
      isDraining = true;
      return lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => (onEmpty = resolve));
    },
  };

  function isDone(executionId: string, asOf: number): boolean {
    return (done.get(executionId) ?? Number.NEGATIVE_INFINITY) >= asOf;
  }

  function take(document: ExecutionDocument, asOf: number): TakeOutcome {
    if (isDraining || isDone(document._id, asOf)) return 'refused';
    const key = laneKeyOf(document);
    const seq = document.lane?.seq ?? '';
    const lane = lanes.get(key);
    if (!lane) {
      const fresh: Lane = { part: document.part, items: [document], ids: new Set([document._id]), lastSeq: seq, isStale: false };
      lanes.set(key, fresh);
      size += 1;
      void work(key, fresh);
      return 'taken';
    }
    if (lane.ids.has(document._id)) return 'in-hand';
    // Only a later execution may be appended; anything else waits for a fresh list.
    if (seq <= lane.lastSeq) lane.isStale = true;
    if (lane.isStale) return 'refused';
    lane.items.push(document);
    lane.ids.add(document._id);
    lane.lastSeq = seq;
    size += 1;
    return 'taken';
  }

  async function work(key: string, lane: Lane): Promise<void> {
    let isCut = false;
    for (let document = lane.items.shift(); document && !isDraining; document = lane.items.shift()) {
      await slot.acquire();
      size -= 1;
      if (isDraining) {
        slot.release();
        break;
      }
      const verdict = await deps.run(document, slot);
      slot.release();
      lane.ids.delete(document._id);
      deps.onLeave(lane.part, 1);
      if (verdict === 'done') remember(document._id);
      else {
        lane.isStale ||= verdict === 'refused';
        isCut = true;
        break;
      }
    }
    if (isCut || lane.isStale) deps.onBlocked(lane.part, key);
    size -= lane.items.length;
    lanes.delete(key);
    deps.onLeave(lane.part, lane.items.length);
    if (lane.isStale) deps.onReread(lane.part);
    if (lanes.size === 0) onEmpty?.();
  }

  function remember(id: string): void {
    done.set(id, deps.clock.monotonic());
    if (done.size > REMEMBERED) done.delete(done.keys().next().value!);
  }
}

/** An execution without a lane is a lane of its own. */
export function laneKeyOf(document: ExecutionDocument): string {
  return document.lane?.key ?? document._id;
}
