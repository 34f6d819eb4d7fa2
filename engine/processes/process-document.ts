/**
 * What each process publishes about itself every few seconds, for an overview of the installation. It contains only ids
 * and numbers, nothing from messages.
 */
import { Type } from 'typebox';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { FrontCalls } from '../contract/calls/front-calls.ts';
import type { GatewayCondition } from '../contract/calls/gateway-condition.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';
import type { EdgeCounts, FlowCounts, NodeCounts } from '../observe/live-counters.ts';
import type { TriggerStatus } from '../trigger/trigger-run.ts';

/** Facts that do not change while the process runs. */
export interface ProcessAbout {
  /** `worker`, `control`, `gateway open` and so on; `start` for all in one process. */
  readonly role: string;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
}

export interface GatewayState {
  readonly front: string;
  readonly address: string;
  /** The number of the plan that the gateway serves. */
  readonly planNumber: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Requests since the gateway started. */
  readonly requests: number;
  readonly refused: number;
  /** True while a person drains the process; absent in processes of the previous version. */
  readonly isDraining?: boolean;
}

/** State of those parts of the process that do not belong to the engine. */
export interface ProcessParts {
  readonly gateways?: readonly GatewayState[];
  /** Calls of the interfaces that the process's gateways serve. */
  readonly interfaces?: readonly CallCounts[];
  /** Calls of the fronts that the process's gateways serve. */
  readonly frontCalls?: readonly FrontCalls[];
  /** What needs attention in the process's gateways. */
  readonly conditions?: readonly GatewayCondition[];
  /** The address of the console, if the process serves one. */
  readonly console?: string;
}

export interface ProcessLoad {
  /** Running executions, including those of sync flows. */
  readonly running: number;
  /** Executions that the worker has claimed but not yet started. */
  readonly inHand: number;
  /** Average number of CPU cores used since the last heartbeat, for example 1.5. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** The counts of a flow, without nodes and edges that nothing passed. */
export interface FlowPart extends FlowCounts {
  readonly nodes: readonly NodeCounts[];
  readonly edges: readonly EdgeCounts[];
}

export interface ProcessDocument extends StoredDocument, ProcessAbout, ProcessParts {
  /**
   * Incremented with every heartbeat. Readers see from this number that the process is alive. They cannot use times,
   * because the clocks of machines differ.
   */
  readonly beat: number;
  /** Time of the last heartbeat by the clock of the process. */
  readonly seenAt: number;
  readonly serves?: readonly string[];
  /** True if the process marks what it writes (`engine/integrity`); absent in processes of the previous version. */
  readonly writesMarks?: true;
  readonly load: ProcessLoad;
  readonly listeners: readonly TriggerStatus[];
  readonly flows: readonly FlowPart[];
  /** Calls of adapters. */
  readonly adapters?: readonly CallCounts[];
  /** Executions that ended, by flow. */
  readonly flowCalls?: readonly CallCounts[];
  /** When the process stopped as requested. */
  readonly stoppedAt?: number;
  readonly expiresAt: number;
}

export const processesSpec: CollectionSpec<ProcessDocument> = {
  name: 'processes',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};
