import type { Clock } from '../../engine/contract/values/clock.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import type { Sender } from '../json-reading.ts';
import { stableKeyOf } from '../shared/caller-of.ts';
import { inspectBody, type InspectionHit, type InspectionOrder } from './inspect-request.ts';
import type { InspectionTask } from './inspection-worker.ts';

const THREAD_ABOVE_BYTES = 128 * 1024;
/** Characters that the detectors themselves may read on the event loop: a few milliseconds. */
const WORK_ON_LOOP = 32 * 1024;
const WAITING = 512;
const WAITING_PER_CALLER = 128;
const HEAP_MB = 512;
/** Limit of CPU time. Most bodies need 20 ms a megabyte; those that are made to be slow, less than 2 s. */
const CPU_MS = 2000;
const CPU_MS_PER_MB = 2000;
/** How long a caller is refused after its body ended a thread, because starting another thread is costly. */
const PAUSE_MS = 2000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './inspection-worker.ts' : './inspection-worker.js', import.meta.url);

/** Why a body was not inspected: too many wait, it takes too much CPU time or memory, or it has more than one reading. */
export type InspectionFault = 'busy' | 'costly' | 'unreadable';

export type Inspected = readonly InspectionHit[] | InspectionFault;

/** Inspects bodies: at once if that is quick, otherwise in a thread, where callers take turns. Idle threads end. */
export interface Inspector {
  inspect(body: Uint8Array, contentType: string, order: InspectionOrder, from: Sender): Inspected | Promise<Inspected>;
}

export function createInspector(clock: Clock): Inspector {
  const threads = new BoundedThreads<InspectionTask, Inspected>({
    ...{ file: FILE, size: 1, heapMb: HEAP_MB, waiting: WAITING, waitingPerKey: WAITING_PER_CALLER, pauseMs: PAUSE_MS, clock },
  });

  async function inThread(task: InspectionTask, from: Sender): Promise<Inspected> {
    const left = new AbortController();
    from.onLeave(() => left.abort());
    const megabytes = task.body.byteLength / 1024 / 1024;
    try {
      return await threads.run(task, { cpuMs: CPU_MS + megabytes * CPU_MS_PER_MB, key: stableKeyOf(from), signal: left.signal });
    } catch (error) {
      if (left.signal.aborted) return 'busy';
      if (!(error instanceof ThreadLimit)) throw error;
      if (error.fault === 'failed') throw new Error('the thread that inspects bodies failed', { cause: error });
      return error.fault === 'busy' ? 'busy' : 'costly';
    }
  }

  return {
    inspect(body, contentType, order, from) {
      const isShort = body.byteLength <= THREAD_ABOVE_BYTES;
      const hits = isShort ? inspectBody(body, contentType, order, WORK_ON_LOOP) : undefined;
      return hits ?? inThread({ body, contentType, order }, from);
    },
  };
}
