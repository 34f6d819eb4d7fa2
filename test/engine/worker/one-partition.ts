/** One partition of a store in memory, and the parts of a worker that read it and take its executions. No reconciler runs. */
import assert from 'node:assert/strict';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import type { Owners } from '../../../engine/ownership/owners.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createOffer } from '../../../engine/worker/create-offer.ts';
import { Lanes } from '../../../engine/worker/lanes.ts';
import { PartitionReader, type PartitionReaderDeps } from '../../../engine/worker/partition-reader.ts';
import { WorkerCounts } from '../../../engine/worker/worker-counts.ts';

const PART = 3;
const STEP_MS = 5;
const OWN = 'own';

type End = 'done' | 'held';

/** `slots`: executions that run at the same time. `readMs`: how long the store needs for the next read. */
export function openPartition({ slots = 10_000, readMs = () => 0 }: { slots?: number; readMs?: () => number } = {}) {
  const clock = fakeClock();
  const open = new Map<string, ExecutionDocument>();
  const active = new Set<string>();
  const running: { readonly id: string; end(how: End): void }[] = [];
  /** The ids in the order in which the executions started; one that is run again is in it again. */
  const started: string[] = [];
  let count = 0;

  const executions = {
    async find(_filter: unknown, { after, limit = 0 }: { after?: string; limit?: number } = {}) {
      const ids = [...open.keys()].filter((id) => after === undefined || id > after).slice(0, limit);
      const listed = ids.map((id) => open.get(id)!);
      const pauseMs = readMs();
      if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      return listed;
    },
  } as unknown as PartitionReaderDeps['executions'];
  const reader: PartitionReader = new PartitionReader({
    ...{ executions, clock, log: silentLogger, waiting: () => lanes.size },
    offer: (...listed) => offer(...listed),
  });
  const lanes: Lanes = new Lanes({
    ...{ slots, clock, run },
    onReread: (part) => reader.reread(part, 0),
    onLeave: (part, left) => reader.left(part, left),
    onBlocked: (part, key) => reader.block(part, key),
  });
  const owners = { current: OWN, isDead: () => false } as unknown as Owners;
  const offer = createOffer({ clock, lanes, reader, active, owners, counts: new WorkerCounts(), isForeign: () => false });

  async function run({ _id }: ExecutionDocument) {
    const document = open.get(_id);
    if (document?.status !== 'queued') return 'refused';
    requireFirstOfLane(document);
    open.set(_id, { ...document, status: 'running', lease: { owner: OWN } } as ExecutionDocument);
    active.add(_id);
    started.push(_id);
    const how = await new Promise<End>((end) => running.push({ id: _id, end }));
    active.delete(_id);
    if (how === 'done') return 'done';
    return { parked: how };
  }

  function requireFirstOfLane({ _id, lane }: ExecutionDocument): void {
    if (lane === null) return;
    for (const [id, other] of open) if (other.lane?.key === lane.key) return assert.equal(_id, id, 'an earlier one of its lane is open');
  }

  /** Stores what the end of an execution stores, and ends it. */
  function finish(at: number, how: End = 'done'): void {
    const [{ id, end }] = running.splice(at, 1) as [(typeof running)[number]];
    if (how === 'done') open.delete(id);
    else open.set(id, { ...open.get(id)!, status: how });
    end(how);
  }

  return {
    ...{ open, running, started, finish },
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += STEP_MS) await clock.advance(STEP_MS);
    },
    /** Stores executions and signals the partition. Without a lane, each has one of its own. */
    accept(executionsToAdd: number, laneOf?: () => string) {
      for (let number = 0; number < executionsToAdd; number += 1) {
        const _id = String((count += 1)).padStart(6, '0');
        const lane = laneOf === undefined ? null : { key: laneOf(), seq: _id };
        open.set(_id, { _id, part: PART, status: 'queued', acceptedAt: clock.now(), lane } as unknown as ExecutionDocument);
      }
      void reader.hear([PART]);
    },
    /** A person lets the held executions run again. */
    retryHeld() {
      for (const [id, document] of open) if (document.status === 'held') open.set(id, { ...document, status: 'queued' });
      void reader.hear([PART]);
    },
    finishAll() {
      while (running.length > 0) finish(0);
    },
  };
}
