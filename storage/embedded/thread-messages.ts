/**
 * Messages between the main thread and the two store threads. Documents are sent as JSON text, because copying a
 * string costs almost nothing.
 */
import type { ErrorKind } from '../../engine/contract/values/errors.ts';

export interface ThreadSettings {
  readonly file: string;
  readonly limitBytes: number | undefined;
}

/**
 * `id` is the current time for `sweep`. `body` is a document, a patch or a specification. `match` is a filter or ''.
 * Except `id`, these are JSON text.
 */
export type WriteOp = readonly [
  kind: 'open' | 'insert' | 'replace' | 'patch' | 'remove' | 'sweep',
  collection: string,
  id: string,
  body: string,
  match: string,
  isFull: boolean,
];

/** `detail` is the new document for a patch, and the violated index for a duplicate (`''` for the id). */
export type WriteAnswer = readonly [outcome: 'done' | 'no-match' | 'duplicate' | 'more', detail: string] | Failure;

/**
 * `argument` is an id, or as JSON text a filter or a specification. `options` is FindOptions<string> as JSON text, or
 * the limit of a count.
 */
export type ReadOp = readonly [kind: 'open' | 'get' | 'find' | 'count' | 'ping', collection: string, argument: string, options: string];

/**
 * A JSON value; `''` for a missing document. For `find` it is a list in which the id of each row precedes its
 * document: `[id, document, id, document]`.
 */
export type ReadAnswer = string | Failure;

/** An AppError as plain data. */
export interface Failure {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly fix: string | undefined;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}
