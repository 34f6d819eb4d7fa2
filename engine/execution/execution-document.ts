/** What is stored of an execution (design page 8, "Documents"). Payload fields hold sealed text only. */
import { Type } from 'typebox';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

export type ResendPlace = NonNullable<ExecutionDocument['place']>;

export type ExecutionStatus = 'queued' | 'running' | 'waiting' | 'held' | 'completed' | 'failed' | 'cancelled';
export const TERMINAL: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];
export type StepStatus = 'completed' | 'failed' | 'skipped';

/** One settled node. Never changes once stored. `scope` is the iteration path, `''` at the top: `n_fe[3]`. */
export interface StepRecord {
  readonly node: string;
  readonly scope: string;
  readonly status: StepStatus;
  /** Ports that emitted. */
  readonly ports: readonly string[];
  readonly startedAt: number;
  readonly durationMs: number;
  readonly attempt: number;
  /** How long its scripts and expressions waited for others in the sandbox; absent below 100 ms. */
  readonly sandboxWaitMs?: number;
  readonly error?: ErrorRecord;
}

/** Announces a write before its first byte leaves. */
export interface Intent {
  readonly node: string;
  readonly scope: string;
  readonly key: string;
  /** Keyed digest of what the node was given. */
  readonly digest: string;
  readonly at: number;
}

/**
 * Sealed JSON, or the id (and the size) of a blob that holds it when it is large. `ref` is that id sealed to the place where it stands, so that
 * the id of another patient's blob opens nothing here; absent in what version 0.1.0 stored.
 */
export type Stored = { readonly sealed: string } | { readonly blob: string; readonly bytes?: number; readonly ref?: string };

/**
 * What one claim or checkpoint adds; never changed once stored, but for an intent that is taken back because its write was surely not done.
 * The payload holds the settled steps and the outputs of those that are not pure (pure ones are computed again when somebody looks).
 */
export interface LegRecord {
  readonly epoch: number;
  readonly intent?: Intent;
  readonly payload?: Stored;
}

/** A leg of a loop's iteration, stored apart so that the execution stays small. `_id` is `<execution>/<iteration>#<number>`. */
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
  /** When the first of them began. */
  readonly triedSince?: number;
  /** The claim that stored it: intents up to it were of writes that are surely not done, or may be done again. */
  readonly epoch: number;
  /** Keyed token of what it waits for. */
  readonly token?: string;
  /** Why the latest attempt failed, sealed; absent in what an older version stored. */
  readonly error?: string;
}

/** Payloads, which may make most of a document: lists leave them where they lie. */
export const PAYLOAD_FIELDS = ['input', 'legs', 'reply'] as const;

export type ExecutionHead = Omit<ExecutionDocument, (typeof PAYLOAD_FIELDS)[number]>;

export interface ExecutionDocument extends StoredDocument {
  readonly _id: string;
  /** The execution's id, or a token of (app, interface, caller's Idempotency-Key): all outward keys derive from it. */
  readonly origin: string;
  readonly flowId: string;
  readonly version: number;
  /** Of the flow when it was accepted; absent in what an older version stored: then that of its version. */
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
  /** Snapshot of the code tables that the execution is pinned to. */
  readonly tables: string;
  readonly traceId?: string;
  /** The span that accepted it, when its trace is sampled: what its runs are part of. */
  readonly traceparent?: string;
  readonly acceptedAt: number;
  readonly finishedAt?: number;
  /** Earliest time of the next claim; absent when due now. */
  readonly due?: number;
  /** Set with the terminal status. */
  readonly expiresAt?: number;
  /** Another content came under its dedupe key: it stays in the store until that one's window ends. */
  readonly keptUntil?: number;
  /** A person ends it; `isDone`: as done, so that it counts as completed. The reason is sealed. */
  readonly cancelRequested?: { readonly by: string; readonly reason: string; readonly at: number; readonly isDone?: true };
  readonly lease?: { readonly owner: string };
  /** Counts claims; 0 was never claimed. Every update of an owner names its epoch. */
  readonly epoch: number;
  readonly legs: Readonly<Record<string, LegRecord>>;
  readonly waits?: readonly StoredWait[];
  /** Keyed tokens of what it waits for. */
  readonly wake?: readonly string[];
  readonly held?: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number };
  /** When it was held for the first time; absent in what an older version stored. */
  readonly firstHeldAt?: number;
  /** When it was held, or cancelled, a write of it was known to have been done. */
  readonly hasWritten?: true;
  /** How often a person let it go on; intents of epochs up to `releasedEpoch` no longer hold it. */
  readonly retries?: number;
  readonly retriedBy?: string;
  readonly releasedEpoch?: number;
  /** The bulk that let it go on, or ended it, last. */
  readonly bulk?: string;
  /** The execution whose message this one sends anew. */
  readonly replayOf?: string;
  /** The claim after which the old one was held; set when this one takes its place. */
  readonly replacesEpoch?: number;
  /**
   * Of a resend: `kept` in the place of the held one that it replaces; `end-of-lane` as a new message behind all that was open there.
   * Absent in those of 0.1.0.
   */
  readonly place?: 'kept' | 'end-of-lane' | 'no-lane';
  /** The one that took this one's place. */
  readonly replacedBy?: string;
  /** Executions that sent this one's message anew, and when. */
  readonly replays?: Readonly<Record<string, number>>;
  /** Code and kind alone: the message lies sealed with the steps. */
  readonly error?: { readonly code: string; readonly kind: ErrorRecord['kind'] };
  readonly deadLetter?: true;
  /** Its flow had used up its day's room for records: of this one less is kept than the flow asks. */
  readonly overQuota?: true;
  readonly reply?: Stored;
  /** It was cancelled, and whether a write that it had announced was done is not known. */
  readonly isUnknown?: true;
  /** Blobs that it refers to, for the collection of orphans. */
  readonly blobs?: readonly string[];
}

/** Of the write that it is held for, or was cancelled with. */
export function isOutcomeUnknown({ held, isUnknown }: Pick<ExecutionDocument, 'held' | 'isUnknown'>): boolean {
  return held === undefined ? isUnknown === true : !held.outcomeKnown;
}

/** Why a failure of a flow is held that would have ended it, had nothing been written. */
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
 * What a token stands for; `_id` is the keyed token of (flow, token). The wait comes first, or the message for it, which is stored once.
 */
export interface ResumeDocument extends StoredDocument {
  /** Whose wait it stands for; absent where the message came first. */
  readonly execution?: string;
  readonly step?: string;
  readonly input?: Stored;
  readonly blobs?: readonly string[];
  readonly at: number;
  /** Absent while its execution may wait without end. */
  readonly expiresAt?: number;
}

export const resumesSpec: CollectionSpec<ResumeDocument> = {
  name: 'resumes',
  schema: anyDocument,
  indexes: [{ name: 'blobs', fields: ['blobs'] }],
  expiresAt: 'expiresAt',
};

/** `not-done`: the worker knows that its announced write was not done there. */
export type LateStatus = StepStatus | 'not-done';

/** What a worker knew that had lost its execution meanwhile. Append only; shown beside the execution. */
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

/** FNV-1a; spreads lanes (or single executions) over the partitions. */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return hash % PARTITIONS;
}
