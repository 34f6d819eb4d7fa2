/** What is stored of an execution. Payload fields hold sealed text only. */
import { Type } from 'typebox';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

export type ResendPlace = NonNullable<ExecutionDocument['place']>;

export type ExecutionStatus = 'queued' | 'running' | 'waiting' | 'held' | 'completed' | 'failed' | 'cancelled';
export const TERMINAL: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];
export type StepStatus = 'completed' | 'failed' | 'skipped';

/**
 * One settled node. Never changes once stored. `scope` is the iteration path, for example `n_fe[3]`, and `''` at the
 * top level.
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
  /** How long its scripts and expressions waited for the sandbox while others used it; absent below 100 ms. */
  readonly sandboxWaitMs?: number;
  readonly error?: ErrorRecord;
}

/** Announces a write before its first byte leaves. */
export interface Intent {
  readonly node: string;
  readonly scope: string;
  readonly key: string;
  /** Keyed digest of the message the node was given. */
  readonly digest: string;
  readonly at: number;
}

/**
 * Sealed JSON or, when it is large, the id and size of a blob that holds it. `ref` is the blob id sealed to its place
 * in the store, so the blob id of another patient's data cannot be swapped in. Absent in data stored by version
 * 0.1.0.
 */
export type Stored = { readonly sealed: string } | { readonly blob: string; readonly bytes?: number; readonly ref?: string };

/**
 * What one claim or checkpoint adds. It never changes once stored, except that an intent is removed when its write
 * was surely not done. The payload holds the settled steps and the outputs of those that are not pure. Pure outputs
 * are recomputed when a person looks.
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
  /** When the first attempt began. */
  readonly triedSince?: number;
  /** The claim that stored the wait. Writes announced up to this epoch were surely not done, or may be repeated. */
  readonly epoch: number;
  /** Keyed token of the message it waits for. */
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
   * The execution's id, or a token of (app, interface, caller's Idempotency-Key). All outward keys derive from it.
   */
  readonly origin: string;
  readonly flowId: string;
  readonly version: number;
  /** The flow's domain at acceptance. Absent in data from older versions; use the domain of the flow version then. */
  readonly domain?: string;
  readonly trigger: string;
  readonly status: ExecutionStatus;
  readonly part: number;
  /** True until terminal, then absent. */
  readonly open?: true;
  readonly lane: { readonly key: string; readonly seq: string } | null;
  readonly dedupe: string;
  /** Keyed digest of the input. */
  readonly digest: string;
  readonly input?: Stored;
  /** Tokens of business keys. */
  readonly keys: readonly string[];
  /** The snapshot of code tables that the execution is pinned to. */
  readonly tables: string;
  readonly traceId?: string;
  /** The span that accepted the execution, when its trace is sampled. It is the parent of the run spans. */
  readonly traceparent?: string;
  readonly acceptedAt: number;
  readonly finishedAt?: number;
  /** Earliest time of the next claim; absent when due now. */
  readonly due?: number;
  /** Set with the terminal status. */
  readonly expiresAt?: number;
  /**
   * Another message arrived under the same dedupe key; this execution stays in the store until that message's window
   * ends.
   */
  readonly keptUntil?: number;
  /**
   * A person ended the execution. With `isDone` they confirmed it as done, so it counts as completed. The reason is
   * sealed.
   */
  readonly cancelRequested?: { readonly by: string; readonly reason: string; readonly at: number; readonly isDone?: true };
  readonly lease?: { readonly owner: string };
  /** Counts claims; 0 means never claimed. Every update by an owner names its epoch. */
  readonly epoch: number;
  readonly legs: Readonly<Record<string, LegRecord>>;
  readonly waits?: readonly StoredWait[];
  /** Keyed tokens of the messages it waits for. */
  readonly wake?: readonly string[];
  readonly held?: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number };
  /** When it was held for the first time; absent in data from older versions. */
  readonly firstHeldAt?: number;
  /** A write was known to be done when the execution was held or cancelled. */
  readonly hasWritten?: true;
  /** How often a person retried it. Intents of epochs up to `releasedEpoch` no longer hold it. */
  readonly retries?: number;
  readonly retriedBy?: string;
  readonly releasedEpoch?: number;
  /** The bulk operation that last retried or ended it. */
  readonly bulk?: string;
  /** The execution whose message this one resends. */
  readonly replayOf?: string;
  /** The claim epoch after which the old execution was held. Set when this one replaces it. */
  readonly replacesEpoch?: number;
  /**
   * Set on a resend. `kept`: in the place of the held execution it replaces. `end-of-lane`: a new message behind all
   * that were open in the lane. Absent in data from 0.1.0.
   */
  readonly place?: 'kept' | 'end-of-lane' | 'no-lane';
  /** The execution that replaced this one. */
  readonly replacedBy?: string;
  /** Executions that resent this one's message, and when. */
  readonly replays?: Readonly<Record<string, number>>;
  /** Code and kind only; the message is sealed with the steps. */
  readonly error?: { readonly code: string; readonly kind: ErrorRecord['kind'] };
  readonly deadLetter?: true;
  /** Less is kept of this execution than the flow asks, because the flow's daily record quota was used up. */
  readonly overQuota?: true;
  readonly reply?: Stored;
  /** It was cancelled, and it is unknown whether an announced write was done. */
  readonly isUnknown?: true;
  /** Blobs it refers to, so that they are not collected as orphans. */
  readonly blobs?: readonly string[];
}

/** Whether the outcome is unknown for the write it is held for, or was cancelled with. */
export function isOutcomeUnknown({ held, isUnknown }: Pick<ExecutionDocument, 'held' | 'isUnknown'>): boolean {
  return held === undefined ? isUnknown === true : !held.outcomeKnown;
}

/** The hold reason for a failure that would have ended the execution if no write had been done. */
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
 * What a token stands for; `_id` is the keyed token of (flow, token). The wait or its message creates the document,
 * whichever comes first. A message is stored only once.
 */
export interface ResumeDocument extends StoredDocument {
  /** The execution whose wait the token stands for; absent when the message came first. */
  readonly execution?: string;
  readonly step?: string;
  readonly input?: Stored;
  readonly blobs?: readonly string[];
  readonly at: number;
  /** Absent while its execution may wait without a limit. */
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

/** The outcome a worker knew after it had lost the execution. Append-only; shown beside the execution. */
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

/** FNV-1a hash that spreads lanes (or single executions) over the partitions. */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return hash % PARTITIONS;
}
