/** Runs in the threads of `createObjectReader`. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import type { ObjectLocator } from '../documents/object-locator.ts';
import { fillJson, type JsonFill } from './fill-json.ts';
import { judgeAnswer, type AnswerRule, type AnswerVerdict } from './judge-answer.ts';
import { placesOf, readBody, type BodyFindings } from './read-body.ts';

export type ObjectTask = { readonly body: Uint8Array } & (
  | { readonly kind: 'read'; readonly contentType: string; readonly locators: readonly ObjectLocator[] }
  | { readonly kind: 'fill'; readonly fills: readonly JsonFill[] }
  | { readonly kind: 'answer'; readonly rules: readonly AnswerRule[] }
);

export type ObjectResult = BodyFindings | Uint8Array | AnswerVerdict | undefined;

serveTasks<ObjectTask, ObjectResult>((task) => {
  switch (task.kind) {
    case 'read':
      return readBody(task.body, task.contentType, placesOf(task.locators));
    case 'fill':
      return fillJson(task.body, task.fills);
    case 'answer':
      return judgeAnswer(task.body, task.rules);
  }
});
