/** What is stored of an execution (design page 8, "Documents"). Payload fields hold sealed text only. */
import { Type } from 'typebox';
import type { ErrorRecord } from '../contract/errors.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

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
  readonly error?: ErrorRecord;
}

/** Announces a write before its first byte leaves. */
export interface Intent {
  readonly node: string;
  readonly scope: string;
  readonly key: string;
  readonly digest: string;
  readonly at: number;
}

export type LegStatus = 'running' | 'waiting' | 'settled' | 'held';

export interface LegRecord {
  readonly status: LegStatus;
  readonly attempt: number;
  readonly intent?: Intent;
  readonly error?: ErrorRecord;
  /** Sealed JSON: steps with the outputs still needed. */
  readonly sealed?: string;
  readonly steps: readonly StepRecord[];
}

export interface ExecutionDocument extends StoredDocument {
  readonly _id: string;
  /** The execution's id, or hash(app, interface, caller's Idempotency-Key): all outward keys derive from it. */
  readonly origin: string;
  readonly flowId: string;
  readonly version: number;
  readonly trigger: string;
  readonly status: ExecutionStatus;
  readonly part: number;
  /** True until terminal, then absent. */
  readonly open?: true;
  readonly lane: { readonly key: string; readonly seq: string } | null;
  readonly dedupe: string;
  /** Keyed digest of the input. */
  readonly digest: string;
  /** Sealed message (JSON, or header with a blob reference). */
  readonly input?: string;
  /** Tokens of business keys. */
  readonly keys: readonly string[];
  readonly tables: string;
  readonly traceId?: string;
  readonly acceptedAt: number;
  readonly finishedAt?: number;
  /** Earliest time of the next try; absent when due now. */
  readonly due?: number;
  readonly expiresAt: number;
  readonly cancelRequested?: { readonly by: string; readonly reason: string; readonly at: number };
  readonly lease?: { readonly owner: string; readonly epoch: number };
  /** Counts claims; epoch 0 was never claimed. */
  readonly epoch: number;
  readonly attempt: number;
  readonly legs: Readonly<Record<string, LegRecord>>;
  readonly held?: { readonly node: string; readonly reason: string; readonly outcomeKnown: boolean; readonly at: number };
  readonly error?: ErrorRecord;
  /** Sealed reply. */
  readonly reply?: string;
}

export const executionsSpec: CollectionSpec<ExecutionDocument> = {
  name: 'executions',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [
    { name: 'dedupe', fields: ['dedupe'], unique: true },
    { name: 'lane', fields: ['part', 'open', 'lane.seq'] },
    { name: 'due', fields: ['open', 'due'] },
    { name: 'by_flow', fields: ['flowId', 'acceptedAt'] },
    { name: 'by_time', fields: ['acceptedAt'] },
    { name: 'by_status', fields: ['status', 'acceptedAt'] },
    { name: 'keys', fields: ['keys'] },
  ],
  expiresAt: 'expiresAt',
};
