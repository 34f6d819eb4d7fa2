/** What each process of an installation writes about itself every few seconds, for people who look at the whole. Ids and numbers; nothing of any message. */
import { Type } from 'typebox';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';
import type { EdgeCounts, FlowCounts, NodeCounts } from '../observe/live-counters.ts';
import type { TriggerStatus } from '../trigger/trigger-run.ts';

/** What it is, from its start to its end. */
export interface ProcessAbout {
  /** `worker`, `control`, `gateway open` …, `start` for all in one. */
  readonly role: string;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
}

export interface GatewayState {
  readonly front: string;
  readonly address: string;
  /** Number of the plan that it serves by. */
  readonly planNumber: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Since it started. */
  readonly requests: number;
  readonly refused: number;
}

/** What the parts tell that the engine does not know. */
export interface ProcessParts {
  readonly gateways?: readonly GatewayState[];
  /** Calls of the interfaces that its gateways serve. */
  readonly interfaces?: readonly CallCounts[];
  /** Where it serves the console. */
  readonly console?: string;
}

export interface ProcessLoad {
  /** Executions under way, of sync flows too. */
  readonly running: number;
  /** Taken by the worker, not yet begun. */
  readonly inHand: number;
  /** Of one core, since the beat before; 1.5: one and a half cores. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Nodes and edges that nothing passed are left out. */
export interface FlowPart extends FlowCounts {
  readonly nodes: readonly NodeCounts[];
  readonly edges: readonly EdgeCounts[];
}

export interface ProcessDocument extends StoredDocument, ProcessAbout, ProcessParts {
  /** Counted up with every sign of life: clocks of machines differ. */
  readonly beat: number;
  /** By its own clock. */
  readonly seenAt: number;
  readonly serves?: readonly string[];
  /** It marks what it writes (`engine/integrity`); absent in processes of the version before. */
  readonly writesMarks?: true;
  readonly load: ProcessLoad;
  readonly listeners: readonly TriggerStatus[];
  readonly flows: readonly FlowPart[];
  /** Calls of adapters. */
  readonly adapters?: readonly CallCounts[];
  /** Executions that ended, by flow. */
  readonly flowCalls?: readonly CallCounts[];
  /** It ended as asked. */
  readonly stoppedAt?: number;
  readonly expiresAt: number;
}

export const processesSpec: CollectionSpec<ProcessDocument> = {
  name: 'processes',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};
