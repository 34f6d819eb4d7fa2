import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Sender } from '../json-reading.ts';
import { BodyThreads, type BodyFault } from '../shared/body-threads.ts';
import { stableKeyOf } from '../shared/caller-of.ts';
import { inspectBody, type InspectionHit, type InspectionOrder } from './inspect-request.ts';
import type { InspectionTask } from './inspection-worker.ts';

const THREAD_ABOVE_BYTES = 128 * 1024;
/** Characters that the detectors themselves may read on the event loop: a few milliseconds. */
const WORK_ON_LOOP = 32 * 1024;
/** Bodies that are made to be slow need less than 2 s. */
const CPU_MS_PER_MB = 2000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './inspection-worker.ts' : './inspection-worker.js', import.meta.url);

/** Why a body was not inspected; `unreadable` if it has more than one reading. */
export type InspectionFault = BodyFault | 'unreadable';

export type Inspected = readonly InspectionHit[] | InspectionFault;

/** Inspects bodies: at once if that is quick, otherwise in a thread, where callers take turns. Idle threads end. */
export interface Inspector {
  inspect(body: Uint8Array, contentType: string, order: InspectionOrder, from: Sender): Inspected | Promise<Inspected>;
}

export function createInspector(clock: Clock): Inspector {
  const threads = new BodyThreads<InspectionTask, Inspected>({
    ...{ file: FILE, size: 1, cpuMsPerMb: CPU_MS_PER_MB, failure: 'the thread that inspects bodies failed', clock },
  });

  return {
    inspect(body, contentType, order, from) {
      const isShort = body.byteLength <= THREAD_ABOVE_BYTES;
      const hits = isShort ? inspectBody(body, contentType, order, WORK_ON_LOOP) : undefined;
      return hits ?? threads.run({ body, contentType, order }, body.byteLength, stableKeyOf(from), from);
    },
  };
}
