/**
 * What each process publishes about itself every few seconds, for an overview of the installation. Only ids and
 * numbers, nothing from messages.
 */
import { Type } from 'typebox';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';
import type { EdgeCounts, FlowCounts, NodeCounts } from '../observe/live-counters.ts';
import type { TriggerStatus } from '../trigger/trigger-run.ts';

/** Facts that do not change while the process runs. */
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
  /** The number of the plan it serves. */
  readonly planNumber: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Counted since it started. */
  readonly requests: number;
  readonly refused: number;
}

/** State of the parts outside the engine. */
export interface ProcessParts {
  readonly gateways?: readonly GatewayState[];
  /** Calls of the interfaces its gateways serve. */
  readonly interfaces?: readonly CallCounts[];
  /** The address of the console, if it serves one. */
  readonly console?: string;
}

export interface ProcessLoad {
  /** Running executions, including those of sync flows. */
  readonly running: number;
  /** Taken by the worker, but not started. */
  readonly inHand: number;
  /** CPU cores used since the last beat; 1.5 means one and a half. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Leaves out nodes and edges that nothing passed. */
export interface FlowPart extends FlowCounts {
  readonly nodes: readonly NodeCounts[];
  readonly edges: readonly EdgeCounts[];
}

export interface ProcessDocument extends StoredDocument, ProcessAbout, ProcessParts {
  /** Incremented with every heartbeat, because clocks of machines differ. */
  readonly beat: number;
  /** By its own clock. */
  readonly seenAt: number;
  readonly serves?: readonly string[];
  /** It marks what it writes (`engine/integrity`); absent in processes of the previous version. */
  readonly writesMarks?: true;
  readonly load: ProcessLoad;
  readonly listeners: readonly TriggerStatus[];
  readonly flows: readonly FlowPart[];
  /** Calls of adapters. */
  readonly adapters?: readonly CallCounts[];
  /** Executions that ended, by flow. */
  readonly flowCalls?: readonly CallCounts[];
  /** When it stopped as requested. */
  readonly stoppedAt?: number;
  readonly expiresAt: number;
}

export const processesSpec: CollectionSpec<ProcessDocument> = {
  name: 'processes',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};
