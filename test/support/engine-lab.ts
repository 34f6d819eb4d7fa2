/**
 * Engines over one store, one after the other, as on one machine: each may be killed, the store may go away for a while. In memory with a
 * clock that stands still, or on the embedded store with the real one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { NodeDefinition } from '../../engine/contract/node/node.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { Collection, Documents } from '../../engine/contract/ports/documents.ts';
import type { FlowCall, FlowResult } from '../../engine/contract/node/run-flow.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { executionsSpec, type ExecutionDocument, type ExecutionStatus } from '../../engine/execution/execution-document.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../storage/embedded/open-embedded-documents.ts';
import { createMemoryBlobs } from '../../storage/memory/memory-blobs.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { createMemoryWorkQueue } from '../../storage/in-process/memory-work-queue.ts';
import { createModelEngine, type ModelEngine, type ModelEngineOptions } from './model-engine.ts';
import { controlNodes, testTrigger } from './model-flows.ts';
import { simulateProcess } from './simulated-process.ts';

export type LabStore = 'memory' | 'embedded';

export interface LabEngine extends ModelEngine {
  /** Nothing of it ever continues. */
  kill(): void;
  /** A call of the flow as a gateway makes it. */
  call(
    data: unknown,
    options?: {
      readonly key?: string;
      readonly user?: FlowCall['caller']['user'];
      readonly signal?: AbortSignal;
      readonly deadlineMs?: number;
    },
  ): Promise<FlowResult>;
  /** A message as a listener accepts it; answers the execution's id. */
  take(data: unknown, dedupeKey?: string): Promise<string>;
}

export interface Lab {
  readonly clock: Clock;
  readonly executions: Collection<ExecutionDocument>;
  readonly documents: Documents;
  readonly blobs: Blobs;
  /** While true, every operation of the store fails. */
  isDown: boolean;
  /** While true, what is written is kept and the answer is lost (in memory). */
  losesAnswers: boolean;
  /** Starts the next process; its worker runs. It takes earlier ones for dead, unless the store `isShared` with them. */
  start(
    options?: Pick<
      ModelEngineOptions,
      'slots' | 'live' | 'serves' | 'lacks' | 'tracer' | 'archiveFolder' | 'runScript' | 'log' | 'adapter'
    > & {
      readonly isShared?: boolean;
    },
  ): Promise<LabEngine>;
  pass(ms: number): Promise<void>;
  /** Moves the wall clock alone (in memory): days pass, and no timer runs. */
  shiftWall(ms: number): void;
  /** Lets time pass until it is so. */
  until<T>(ask: () => T | Promise<T>): Promise<Exclude<NonNullable<T>, false>>;
  /** Lets time pass until the execution has that status; answers it. */
  untilStatus(executionId: string, status: ExecutionStatus): Promise<ExecutionDocument>;
  close(): Promise<void>;
}

const STEP_MS = 50;
const MAX_STEPS = 6_000;
const REAL_LIMIT_MS = 30_000;

export async function openLab(document: FlowDocument, nodes: readonly NodeDefinition[], store: LabStore = 'memory'): Promise<Lab> {
  const world = store === 'memory' ? fakeClock() : undefined;
  const clock = world ?? systemClock;
  const opened = await openStore(store, clock, () => lab);
  const { documents } = opened;
  const shared = createMemorySharedState({ clock });
  const blobs = createMemoryBlobs({ clock });
  const engines: LabEngine[] = [];
  let sequence = 0;
  let processes = 0;

  const lab: Lab = {
    clock,
    documents,
    blobs,
    executions: await documents.open(executionsSpec),
    isDown: false,
    losesAnswers: false,
    async start({ isShared = false, ...options } = {}) {
      const process = simulateProcess(clock, documents, { next: () => 0, below: () => 0, chance: () => false }, 0);
      const engine = await createModelEngine({
        clock: process.clock,
        documents: { ...process.documents, isExclusive: !isShared },
        workQueue: createMemoryWorkQueue({ clock }),
        ...{ shared, blobs, document },
        nodes: [testTrigger, ...controlNodes, ...nodes],
        owner: `p${(processes += 1)}`,
        ...options,
      });
      await engine.owners.start();
      const worker = engine.worker.start();
      await settled(worker);
      const started: LabEngine = {
        ...engine,
        kill() {
          process.kill();
          engines.splice(engines.indexOf(started), 1);
        },
        call: (data, { key, user, signal = new AbortController().signal, deadlineMs = clock.now() + 60_000 } = {}) =>
          engine.runFlow.call({
            flowId: document.flowId,
            caller: { interfaceId: 'ifc_test', appId: 'app', idempotencyKey: key, ...(user === undefined ? {} : { user }) },
            message: createMessage(data),
            traceId: 'trace',
            deadlineMs,
            onLeave: (leave) => (signal.aborted ? leave() : signal.addEventListener('abort', leave, { once: true })),
          }),
        async take(data, dedupeKey) {
          const result = await engine.accept(engine.flow, {
            message: createMessage(data),
            seq: String(sequence++).padStart(9, '0'),
            onOtherContent: 'accept',
            ...(dedupeKey === undefined ? {} : { dedupeKey }),
          });
          if (result.status === 'refused') throw new Error(result.error.code);
          return result.executionId;
        },
      };
      engines.push(started);
      return started;
    },
    pass: async (ms) => {
      if (world) await world.advance(ms);
      else await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));
    },
    shiftWall: (ms) => world!.shiftWall(ms),
    async until<T>(ask: () => T | Promise<T>) {
      const end = performance.now() + REAL_LIMIT_MS;
      for (let step = 0; world ? step < MAX_STEPS : performance.now() < end; step += 1) {
        const found = await ask();
        if (found !== undefined && found !== null && found !== false) return found as Exclude<NonNullable<T>, false>;
        await lab.pass(STEP_MS);
      }
      throw new Error(`never so: ${ask.toString()}`);
    },
    async untilStatus(executionId, status) {
      let last: ExecutionDocument | undefined;
      try {
        return await lab.until(async () => {
          last = await lab.executions.get(executionId);
          return last?.status === status && last;
        });
      } catch {
        throw new Error(`${executionId} is ${last?.status} (${JSON.stringify(last?.held ?? last?.error)}), not ${status}`);
      }
    },
    async close() {
      for (const engine of engines) {
        const stopped = engine.worker.stop(100);
        await settled(stopped);
        await engine.owners.stop(false);
      }
      await opened.close();
    },
  };
  return lab;

  /** Lets time pass while it works, for code that sets its own timers. */
  async function settled(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const end = () => (isDone = true);
    work.then(end, end);
    for (let step = 0; !isDone && step < MAX_STEPS; step += 1) await lab.pass(STEP_MS);
    await work;
  }
}

async function openStore(
  store: LabStore,
  clock: Clock,
  faults: () => Pick<Lab, 'isDown' | 'losesAnswers'>,
): Promise<{ documents: Documents; close(): Promise<void> }> {
  if (store === 'memory') {
    const documents = createMemoryDocuments({
      clock,
      onOperation: ({ phase, kind }) => {
        const { isDown, losesAnswers } = faults();
        if ((phase === 'before' && isDown) || (phase === 'after' && losesAnswers && (kind === 'insert' || kind === 'patchIf')))
          throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
      },
    });
    return { documents, close: () => documents.close() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'kangqiao-lab-'));
  const documents = await openEmbeddedDocuments({ folder, clock, logger: silentLogger });
  return {
    documents,
    async close() {
      await documents.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
