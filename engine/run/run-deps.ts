/** The dependencies of runs, and the arguments of a node call. */
import type { Logger, Metrics, Tracer } from '../contract/values/observe.ts';
import type { Bindings, TableSnapshot } from '../bindings/interface.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { AdapterGates } from './adapter-gates.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { SandboxUser } from '../contract/node/sandbox-wait.ts';
import type { Effect, Scope } from '../contract/node/node.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collections } from '../contract/node/collections.ts';
import type { FlowState } from '../contract/node/flow-state.ts';
import type { FileAccess } from '../contract/node/file-access.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { AdapterCalls } from './adapter-calls.ts';
import type { Message } from '../contract/values/message.ts';

/** The dependencies of every run, created once at startup. */
export interface RunDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly blobs: Blobs;
  readonly bindings: Bindings;
  readonly outbound: OutboundGuard;
  readonly files: FileAccess;
  /** Returns the state of the flows of a domain. */
  readonly stateOf: (domain: string) => FlowState;
  readonly collectionsOf: (domain: string) => Collections;
  readonly gates: AdapterGates;
  /** If absent, adapter calls are not counted. */
  readonly calls?: AdapterCalls;
  readonly compileExpression: (text: string) => (scope: Scope) => unknown;
  readonly runScript: (source: string, input: unknown, options: ScriptOptions) => Promise<unknown>;
  /** Runs another published flow. The idempotency keys of its nodes derive from `key`. */
  readonly callFlow: (call: SubFlowCall) => Promise<Message>;
}

export interface ScriptOptions {
  readonly key: string;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
  readonly signal: AbortSignal;
  /** The time that the script's clock shows, in epoch milliseconds. */
  readonly nowMs: number;
  /** The seed of the script's random numbers: at least 0, less than 1. */
  readonly seed: number;
  readonly user?: SandboxUser;
}

export interface SubFlowCall {
  readonly flowId: string;
  readonly message: Message;
  readonly key: string;
  /** The time when the calling execution was accepted. A repeated call must use the same time and tables. */
  readonly acceptedAt: number;
  readonly tables: TableSnapshot;
  /** Epoch milliseconds. Without it no caller waits, and the called flow has the time that its document allows. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
  readonly depth: number;
  /** The effect that the calling node declares. A flow with a stronger effect is refused. */
  readonly effect: Effect;
  readonly assertOwned: () => void;
  readonly traceparent?: string | undefined;
  /** The calling step, which records waits for the sandbox, because the called flow stores no steps. */
  readonly user?: SandboxUser | undefined;
}

export interface NodeCall {
  readonly node: CompiledNode;
  readonly path: string;
  readonly message: Message;
  readonly scope: Scope;
  readonly attempt: number;
  /** The W3C trace context of this attempt's span. */
  readonly traceparent?: string;
}
