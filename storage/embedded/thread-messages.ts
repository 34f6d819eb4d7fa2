/**
 * Messages between the main thread and the two store threads. Documents are sent as JSON text: cloning a string is
 * nearly free.
 */
import type { ErrorKind } from '../../engine/contract/values/errors.ts';

export interface ThreadSettings {
  readonly file: string;
  readonly limitBytes: number | undefined;
}

/**
 * `id` is the time for `sweep`; `body` a document, a patch or a specification; `match` a filter or ''. All are JSON
 * text.
 */
export type WriteOp = readonly [
  kind: 'open' | 'insert' | 'replace' | 'patch' | 'remove' | 'sweep',
  collection: string,
  id: string,
  body: string,
  match: string,
  isFull: boolean,
];

/** `detail`: the new document of a patch, the index of a duplicate (`''` for the id). */
export type WriteAnswer = readonly [outcome: 'done' | 'no-match' | 'duplicate' | 'more', detail: string] | Failure;

/**
 * `argument`: an id, a filter, or a specification; `options`: FindOptions<string>, or the limit of a count. JSON
 * text, except the id.
 */
export type ReadOp = readonly [kind: 'open' | 'get' | 'find' | 'count' | 'ping', collection: string, argument: string, options: string];

/**
 * A JSON value; `''` for a missing document. A find returns the id of each row before its document: `[id, document,
 * id, document]`.
 */
export type ReadAnswer = string | Failure;

/** An AppError in plain form. */
export interface Failure {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly fix: string | undefined;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}
