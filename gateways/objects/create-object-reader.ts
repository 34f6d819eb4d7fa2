import type { Clock } from '../../engine/contract/values/clock.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import type { Sender } from '../json-reading.ts';
import { stableKeyOf } from '../shared/caller-of.ts';
import { fillJson, type JsonFill } from './fill-json.ts';
import { judgeAnswer, type AnswerRule, type AnswerVerdict } from './judge-answer.ts';
import { mediaTypeOf } from '../content/media.ts';
import type { ObjectResult, ObjectTask } from './object-worker.ts';
import { passesOf, readBody, type BodyFindings, type Places } from './read-body.ts';

/** Bytes that are read on the event loop, times the passes over them: about three milliseconds. */
const MOST_ON_LOOP = 128 * 1024;
/** Maximum number of waiting tasks. A waiting task needs no memory besides its body, which the gateway counts. */
const WAITING = 512;
const WAITING_PER_CALLER = 128;
const HEAP_MB = 512;
/** Limit of CPU time. Most bodies need 20 ms a megabyte. */
const CPU_MS = 2000;
const CPU_MS_PER_MB = 1000;
/** How long a caller is refused after its body ended a thread, because starting another thread is costly. */
const PAUSE_MS = 2000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './object-worker.ts' : './object-worker.js', import.meta.url);

/** Why a body was not read: too many wait, or it takes too much CPU time or memory. */
export type ReadFault = 'busy' | 'costly';
type Now<Result> = Result | ReadFault | Promise<Result | ReadFault>;

/** Reads objects in bodies: small ones at once, the others in a thread, where callers take turns. Idle threads end. */
export interface ObjectReader {
  read(body: Uint8Array, contentType: string, places: Places, from: Sender): Now<BodyFindings>;
  fill(body: Uint8Array, fills: readonly JsonFill[], from: Sender): Now<Uint8Array | undefined>;
  /** Answers of one interface share their turns, so that those of a hostile service delay no requests. */
  judgeAnswer(body: Uint8Array, rules: readonly AnswerRule[], interfaceId: string, from: Sender): Now<AnswerVerdict>;
}

export function createObjectReader(clock: Clock): ObjectReader {
  const threads = new BoundedThreads<ObjectTask, ObjectResult>({
    ...{ file: FILE, size: 2, heapMb: HEAP_MB, waiting: WAITING, waitingPerKey: WAITING_PER_CALLER, pauseMs: PAUSE_MS, clock },
  });

  async function inThread(task: ObjectTask, key: string, from: Sender): Promise<ObjectResult | ReadFault> {
    const left = new AbortController();
    from.onLeave(() => left.abort());
    const megabytes = task.body.byteLength / 1024 / 1024;
    try {
      return await threads.run(task, { cpuMs: CPU_MS + megabytes * CPU_MS_PER_MB, key, signal: left.signal });
    } catch (error) {
      if (left.signal.aborted) return 'busy';
      if (!(error instanceof ThreadLimit)) throw error;
      if (error.fault === 'failed') throw new Error('the thread that reads objects failed', { cause: error });
      return error.fault === 'busy' ? 'busy' : 'costly';
    }
  }

  return {
    read(body, contentType, places, from) {
      if (body.byteLength * passesOf(mediaTypeOf(contentType), places) <= MOST_ON_LOOP) return readBody(body, contentType, places);
      const { locators } = places;
      return inThread({ kind: 'read', body, contentType, locators }, stableKeyOf(from), from) as Promise<BodyFindings | ReadFault>;
    },
    fill(body, fills, from) {
      if (body.byteLength * fills.length <= MOST_ON_LOOP) return fillJson(body, fills);
      return inThread({ kind: 'fill', body, fills }, stableKeyOf(from), from) as Promise<Uint8Array | undefined | ReadFault>;
    },
    judgeAnswer(body, rules, interfaceId, from) {
      if (body.byteLength * rules.length <= MOST_ON_LOOP) return judgeAnswer(body, rules);
      return inThread({ kind: 'answer', body, rules }, `answers ${interfaceId}`, from) as Promise<AnswerVerdict | ReadFault>;
    },
  };
}
