/** How request bodies and other JSON values are read and checked. */
import type { JsonExcess } from '../engine/contract/schema/scan-json.ts';
import type { AppDocument } from './documents/caller-documents.ts';

/**
 * The result of reading a body as JSON. With `isBusy`, the body is not at fault and may be sent again later. With
 * `isCostly`, reading it took too much computing time or memory. `excess` is set if the body has too many values or
 * names.
 */
export type JsonResult =
  | { readonly value: unknown }
  | { readonly problem: string; readonly isBusy?: true; readonly isCostly?: true; readonly excess?: JsonExcess };

/** Where a value violates its schema; the message names the rule, never the value. */
export interface SchemaIssue {
  /** JSON Pointer. */
  readonly path: string;
  readonly message: string;
}

/** A schema that is compiled when a check first needs it. It also tells what a check costs. */
export interface CheckedSchema {
  readonly text: string;
  /** True if values are strings, as in a query, and the schema may see them as numbers and booleans. */
  readonly coerces: boolean;
  /**
   * False for a schema that exceeds a limit because it was published before the limits existed. Its cost is only known
   * after a check.
   */
  readonly isBounded: boolean;
  /**
   * Returns true if compiling the schema and checking the value is fast enough for an event loop. `bytes` is the length
   * of the value as JSON, if known.
   */
  isQuick(value: unknown, bytes?: number): boolean;
  /** Returns the first problem; undefined when the value is valid. */
  check(value: unknown): SchemaIssue | undefined;
}

export type CheckedJson = JsonResult | { readonly issues: readonly SchemaIssue[] };

/**
 * Reads JSON strictly and checks it. Short bodies are processed at once, the others in a thread, where callers take
 * turns. For an invalid body, returns up to 20 problems if a thread can list them, otherwise only the first one.
 */
export interface JsonReader {
  read(bytes: Uint8Array, from: Sender): JsonResult | Promise<JsonResult>;
  /**
   * Reads a body and checks it. Without `wantsValue`, `value` may be undefined, so that a large value is not copied
   * from its thread.
   */
  readChecked(bytes: Uint8Array, schema: CheckedSchema, from: Sender, wantsValue: boolean): CheckedJson | Promise<CheckedJson>;
  /** Checks a value. `bytes` is the length of the value as JSON, if known. */
  check(value: unknown, schema: CheckedSchema, from: Sender, bytes?: number): CheckedJson | Promise<CheckedJson>;
  close(): Promise<void>;
}

/** Identifies the caller, because callers take turns in the threads. Also tells when the caller stops waiting. */
export interface Sender {
  readonly app: AppDocument | undefined;
  readonly user: Readonly<Record<string, unknown>> | undefined;
  readonly clientIp: string;
  onLeave(action: () => void): void;
}
