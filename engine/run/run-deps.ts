/** Dependencies of runs, and the arguments of a node call. */
import type { Logger, Metrics, Tracer } from '../contract/values/observe.ts';
import type { Bindings, TableSnapshot } from '../bindings/interface.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { AdapterGates } from './adapter-gates.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { SandboxUser } from '../contract/node/sandbox-wait.ts';
import type { Effect, Scope } from '../contract/node/node.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { AdapterCalls } from './adapter-calls.ts';
import type { Message } from '../contract/values/message.ts';

/** What every run needs; created once at startup. */
export interface RunDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly blobs: Blobs;
  readonly bindings: Bindings;
  readonly outbound: OutboundGuard;
  readonly gates: AdapterGates;
  /** If absent, adapter calls are not counted. */
  readonly calls?: AdapterCalls;
  readonly compileExpression: (text: string) => (scope: Scope) => unknown;
  readonly runScript: (source: string, input: unknown, options: ScriptOptions) => Promise<unknown>;
  /** Runs another published flow. The outward keys of its nodes derive from `key`. */
  readonly callFlow: (call: SubFlowCall) => Promise<Message>;
}

export interface ScriptOptions {
  readonly key: string;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
  readonly signal: AbortSignal;
  /** The time the script's clock shows, in epoch milliseconds. */
  readonly nowMs: number;
  /** Seed of its random numbers, from 0 to below 1. */
  readonly seed: number;
  readonly user?: SandboxUser;
}

export interface SubFlowCall {
  readonly flowId: string;
  readonly message: Message;
  readonly key: string;
  /** Acceptance time of the calling execution. A repeated call must see the same time and tables. */
  readonly acceptedAt: number;
  readonly tables: TableSnapshot;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly depth: number;
  /** The effect the calling node declares; a flow with a stronger one is refused. */
  readonly effect: Effect;
  readonly assertOwned: () => void;
  readonly traceparent?: string | undefined;
  /** The calling step, because the called flow keeps no steps of its own. */
  readonly user?: SandboxUser | undefined;
}

export interface NodeCall {
  readonly node: CompiledNode;
  readonly path: string;
  readonly message: Message;
  readonly scope: Scope;
  readonly attempt: number;
  /** W3C trace context of this attempt's span. */
  readonly traceparent?: string;
}
