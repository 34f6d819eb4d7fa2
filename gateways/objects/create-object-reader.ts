import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Sender } from '../json-reading.ts';
import { BodyThreads, type BodyFault } from '../shared/body-threads.ts';
import { stableKeyOf } from '../shared/caller-of.ts';
import { fillJson, type JsonFill } from './fill-json.ts';
import { judgeAnswer, type AnswerRule, type AnswerVerdict } from './judge-answer.ts';
import { mediaTypeOf } from '../content/media.ts';
import type { ObjectResult, ObjectTask } from './object-worker.ts';
import { passesOf, readBody, type BodyFindings, type Places } from './read-body.ts';

/** Bytes that are read on the event loop, times the passes over them: about three milliseconds. */
const MOST_ON_LOOP = 128 * 1024;
const CPU_MS_PER_MB = 1000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './object-worker.ts' : './object-worker.js', import.meta.url);

type Now<Result> = Result | BodyFault | Promise<Result | BodyFault>;

/** Reads objects in bodies: small ones at once, the others in a thread, where callers take turns. Idle threads end. */
export interface ObjectReader {
  read(body: Uint8Array, contentType: string, places: Places, from: Sender): Now<BodyFindings>;
  fill(body: Uint8Array, fills: readonly JsonFill[], from: Sender): Now<Uint8Array | undefined>;
  /** Answers of one interface share their turns, so that those of a hostile service delay no requests. */
  judgeAnswer(body: Uint8Array, rules: readonly AnswerRule[], interfaceId: string, from: Sender): Now<AnswerVerdict>;
}

export function createObjectReader(clock: Clock): ObjectReader {
  const threads = new BodyThreads<ObjectTask, ObjectResult>({
    ...{ file: FILE, size: 2, cpuMsPerMb: CPU_MS_PER_MB, failure: 'the thread that reads objects failed', clock },
  });
  const inThread = (task: ObjectTask, key: string, from: Sender) => threads.run(task, task.body.byteLength, key, from);

  return {
    read(body, contentType, places, from) {
      if (body.byteLength * passesOf(mediaTypeOf(contentType), places) <= MOST_ON_LOOP) return readBody(body, contentType, places);
      const { locators } = places;
      return inThread({ kind: 'read', body, contentType, locators }, stableKeyOf(from), from) as Promise<BodyFindings | BodyFault>;
    },
    fill(body, fills, from) {
      if (body.byteLength * fills.length <= MOST_ON_LOOP) return fillJson(body, fills);
      return inThread({ kind: 'fill', body, fills }, stableKeyOf(from), from) as Promise<Uint8Array | undefined | BodyFault>;
    },
    judgeAnswer(body, rules, interfaceId, from) {
      if (body.byteLength * rules.length <= MOST_ON_LOOP) return judgeAnswer(body, rules);
      return inThread({ kind: 'answer', body, rules }, `answers ${interfaceId}`, from) as Promise<AnswerVerdict | BodyFault>;
    },
  };
}
