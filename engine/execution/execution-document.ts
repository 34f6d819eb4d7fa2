/** The stored form of an execution. Payload fields contain only sealed text. */
import { Type } from 'typebox';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

export type ResendPlace = NonNullable<ExecutionDocument['place']>;

export type ExecutionStatus = 'queued' | 'running' | 'waiting' | 'held' | 'completed' | 'failed' | 'cancelled';
export const TERMINAL: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];
export type StepStatus = 'completed' | 'failed' | 'skipped';

/**
 * The record of one settled node. It never changes once stored. `scope` is the iteration path, for example `n_fe[3]`,
 * and `''` at the top level.
 */
export interface StepRecord {
  readonly node: string;
  readonly scope: string;
  readonly status: StepStatus;
  /** Ports that emitted. */
  readonly ports: readonly string[];
  readonly startedAt: number;
  readonly durationMs: number;
  readonly attempt: number;
  /**
   * How long the scripts and expressions of the node waited for the sandbox while others used it; absent below 100 ms.
   */
  readonly sandboxWaitMs?: number;
  readonly error?: ErrorRecord;
}

/** Announces a write before its first byte is sent. */
export interface Intent {
  readonly node: string;
  readonly scope: string;
  readonly key: string;
  /** The keyed digest of the message that the node received. */
  readonly digest: string;
  readonly at: number;
}

/**
 * Sealed JSON or, if it is large, the id and size of a blob with the content. `ref` is the blob id, sealed together
 * with its place in the store, so that nobody can replace it by the blob id of another patient's data. `ref` is absent
 * in data stored by version 0.1.0.
 */
export type Stored = ({ readonly sealed: string } | { readonly blob: string; readonly bytes?: number; readonly ref?: string }) & {
  /** The blobs that the content names (`blobId` in its data), for example a received file. Absent if there are none. */
  readonly names?: readonly string[];
};

/**
 * What one claim or checkpoint adds to an execution. A leg never changes once stored, except that an intent is removed
 * if its write was certainly not done. The payload contains the settled steps and the outputs of the nodes that are
 * not pure. Outputs of pure nodes are computed again when a person looks at the execution.
 */
export interface LegRecord {
  readonly epoch: number;
  readonly intent?: Intent;
  readonly payload?: Stored;
}

/**
 * A leg of one loop iteration, stored in its own document so that the execution stays small. `_id` is
 * `<execution>/<iteration>#<number>`.
 */
export interface LegDocument extends StoredDocument, LegRecord {
  readonly execution: string;
  readonly scope: string;
  readonly blobs?: readonly string[];
  readonly expiresAt?: number;
}

export interface StoredWait {
  readonly node: string;
  readonly scope: string;
  readonly untilMs: number;
  readonly attempts?: number;
  /** When the first attempt started. */
  readonly triedSince?: number;
  /**
   * The epoch of the claim that stored the wait. Writes that the step announced up to this epoch do not cause a hold:
   * they were certainly not done, or may be repeated.
   */
  readonly epoch: number;
  /** The keyed token of the message that this wait is for; absent if it is a wait for a time or a retry. */
  readonly token?: string;
  /** Why the latest attempt failed, sealed; absent in data from older versions. */
  readonly error?: string;
}

/** Payload fields can be most of a document's size, so lists do not read them. */
export const PAYLOAD_FIELDS = ['input', 'legs', 'reply'] as const;

export type ExecutionHead = Omit<ExecutionDocument, (typeof PAYLOAD_FIELDS)[number]>;

export interface ExecutionDocument extends StoredDocument {
  readonly _id: string;
  /**
   * The execution's id, or a keyed token of app, interface and the caller's Idempotency-Key. All idempotency keys that
   * the execution sends to other systems derive from it.
   */
  readonly origin: string;
  readonly flowId: string;
  readonly version: number;
  /**
   * The flow's domain when the message was accepted. Absent in data from older versions; then use the domain of the
   * flow version.
   */
  readonly domain?: string;
  readonly trigger: string;
  readonly status: ExecutionStatus;
  readonly part: number;
  /** True until the execution has ended; then absent. */
  readonly open?: true;
  readonly lane: { readonly key: string; readonly seq: string } | null;
  readonly dedupe: string;
  /** The keyed digest of the input. */
  readonly digest: string;
  readonly input?: Stored;
  /** The keyed tokens of the business keys. */
  readonly keys: readonly string[];
  /** The snapshot of code tables that the execution is pinned to. */
  readonly tables: string;
  readonly traceId?: string;
  /** The span that accepted the execution, when its trace is sampled. It is the parent of the run spans. */
  readonly traceparent?: string;
  readonly acceptedAt: number;
  readonly finishedAt?: number;
  /** The earliest time of the next claim; absent if it may be claimed now. */
  readonly due?: number;
  /** Set when the execution ends. */
  readonly expiresAt?: number;
  /**
   * Set when another message with the same dedupe key was accepted. This execution then stays in the store until the
   * dedupe window of that message ends.
   */
  readonly keptUntil?: number;
  /**
   * Set when a person ended the execution. With `isDone`, the person confirmed that its work was done, so it counts as
   * completed. The reason is sealed.
   */
  readonly cancelRequested?: { readonly by: string; readonly reason: string; readonly at: number; readonly isDone?: true };
  readonly lease?: { readonly owner: string };
  /** Counts claims; 0 means never claimed. Every update by an owner names the epoch of its claim. */
  readonly epoch: number;
  readonly legs: Readonly<Record<string, LegRecord>>;
  readonly waits?: readonly StoredWait[];
  /** The keyed tokens of the messages that the execution waits for. */
  readonly wake?: readonly string[];
  readonly held?: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number };
  /** When the execution was held for the first time; absent in data from older versions. */
  readonly firstHeldAt?: number;
  /** Set if a write was known to be done when the execution was held or cancelled. */
  readonly hasWritten?: true;
  /** How often a person retried the execution. Intents of epochs up to `releasedEpoch` no longer cause a hold. */
  readonly retries?: number;
  readonly retriedBy?: string;
  readonly releasedEpoch?: number;
  /** The bulk operation that last retried or ended the execution. */
  readonly bulk?: string;
  /** The execution whose message this one resends. */
  readonly replayOf?: string;
  /** Set if this execution replaces a held one: the epoch of the claim after which the old execution was held. */
  readonly replacesEpoch?: number;
  /**
   * Set on a resend. `kept`: it has the lane position of the held execution that it replaces. `end-of-lane`: it is a
   * new message behind all executions that were open in the lane. `no-lane`: it has no lane. Absent in data from
   * version 0.1.0.
   */
  readonly place?: 'kept' | 'end-of-lane' | 'no-lane';
  /** The execution that replaced this one. */
  readonly replacedBy?: string;
  /** The executions that resent the message of this one, and when. */
  readonly replays?: Readonly<Record<string, number>>;
  /** Only code and kind; the full error is sealed with the steps. */
  readonly error?: { readonly code: string; readonly kind: ErrorRecord['kind'] };
  readonly deadLetter?: true;
  /**
   * Set if less of this execution is stored than the flow asks for, because the flow's daily quota of records was used
   * up.
   */
  readonly overQuota?: true;
  readonly reply?: Stored;
  /** Set if the execution was cancelled while it was unknown whether an announced write was done. */
  readonly isUnknown?: true;
  /** The blobs of its payloads and those that its payloads name, so that the blob sweep does not remove them. */
  readonly blobs?: readonly string[];
}

/** Returns true if the execution is held, or was cancelled, while it was unknown whether one of its writes was done. */
export function isOutcomeUnknown({ held, isUnknown }: Pick<ExecutionDocument, 'held' | 'isUnknown'>): boolean {
  return held === undefined ? isUnknown === true : !held.outcomeKnown;
}

/** The hold reason if the execution would have failed, but a write was already done. */
export const FAILED_AFTER_WRITE = 'FAILED_AFTER_WRITE';

const anyDocument = Type.Object({ _id: Type.String() }, { additionalProperties: true });

export const executionsSpec: CollectionSpec<ExecutionDocument> = {
  name: 'executions',
  schema: anyDocument,
  indexes: [
    { name: 'dedupe', fields: ['dedupe'], unique: true },
    { name: 'lane', fields: ['part', 'open', 'lane.seq'] },
    { name: 'due', fields: ['open', 'due'] },
    { name: 'by_flow', fields: ['flowId', 'acceptedAt'] },
    { name: 'by_time', fields: ['acceptedAt'] },
    { name: 'by_status', fields: ['status', 'acceptedAt'] },
    { name: 'keys', fields: ['keys'] },
    { name: 'wake', fields: ['wake'] },
    { name: 'blobs', fields: ['blobs'] },
  ],
  expiresAt: 'expiresAt',
};

export const legsSpec: CollectionSpec<LegDocument> = {
  name: 'legs',
  schema: anyDocument,
  indexes: [
    { name: 'execution', fields: ['execution'] },
    { name: 'blobs', fields: ['blobs'] },
  ],
  expiresAt: 'expiresAt',
};

/**
 * Connects a token with a wait and its message; `_id` is the keyed token of (flow, token). The wait or the message
 * creates the document, whichever comes first. A message is stored only once.
 */
export interface ResumeDocument extends StoredDocument {
  /** The execution that waits with this token; absent if the message came first. */
  readonly execution?: string;
  readonly step?: string;
  readonly input?: Stored;
  readonly blobs?: readonly string[];
  readonly at: number;
  /** Absent while the execution may wait without a limit. */
  readonly expiresAt?: number;
}

export const resumesSpec: CollectionSpec<ResumeDocument> = {
  name: 'resumes',
  schema: anyDocument,
  indexes: [{ name: 'blobs', fields: ['blobs'] }],
  expiresAt: 'expiresAt',
};

/** `not-done`: the worker knows that its announced write was not done. */
export type LateStatus = StepStatus | 'not-done';

/**
 * An outcome that a worker learned after it had lost the execution. Such documents are only added, never changed, and
 * are shown with the execution.
 */
export interface LateOutcomeDocument extends StoredDocument {
  readonly execution: string;
  readonly epoch: number;
  readonly node: string;
  readonly status: LateStatus;
  readonly at: number;
  readonly payload?: Stored;
  readonly blobs?: readonly string[];
  readonly expiresAt: number;
}

export const lateOutcomesSpec: CollectionSpec<LateOutcomeDocument> = {
  name: 'late_outcomes',
  schema: anyDocument,
  indexes: [
    { name: 'execution', fields: ['execution'] },
    { name: 'blobs', fields: ['blobs'] },
  ],
  expiresAt: 'expiresAt',
};

export const PARTITIONS = 64;

/** Returns the partition of a lane or a single execution. An FNV-1a hash spreads them over the partitions. */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return hash % PARTITIONS;
}
