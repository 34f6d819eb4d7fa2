/**
 * How a gateway (or the command line) runs flows: the only entry into the engine, passed in by the composition root.
 */
import type { ErrorRecord } from '../values/errors.ts';
import type { Message } from '../values/message.ts';
import type { Reply } from './node.ts';

/** Interface, appid, and the caller's Idempotency-Key if it sent one: together the origin of the outward keys. */
export interface Caller {
  readonly interfaceId: string;
  readonly appId: string;
  /**
   * The citizen on the user front, identified by both fields: two issuers may give the same subject to two people.
   * Keys of one never collide with keys of another.
   */
  readonly user?: { readonly issuer: string; readonly subject: string };
  readonly idempotencyKey?: string | undefined;
}

/** The origin as a unique text; undefined if the caller sent no key. */
export function originOfCaller({ appId, interfaceId, user, idempotencyKey }: Caller): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  return JSON.stringify([appId, interfaceId, user?.issuer, user?.subject, idempotencyKey]);
}

export interface FlowCall {
  readonly flowId: string;
  readonly caller: Caller;
  readonly message: Message;
  readonly traceId: string;
  /** W3C trace context of the caller's span, when its trace is sampled. */
  readonly traceparent?: string | undefined;
  /** Epoch milliseconds; the flow's own deadline may be earlier. */
  readonly deadlineMs: number;
  /**
   * Registers an action to call once if the caller leaves before its reply; calls it at once if it has already left.
   * A flow that has sent a write goes on and keeps its reply.
   */
  readonly onLeave: (action: () => void) => void;
}

export type FlowResult =
  | { readonly outcome: 'replied'; readonly executionId: string; readonly reply: Reply; readonly repeated: boolean }
  /** Durable flow: stored, and will be processed. */
  | { readonly outcome: 'accepted'; readonly executionId: string; readonly repeated: boolean }
  /** The same origin is being processed right now: 409. */
  | { readonly outcome: 'running'; readonly executionId: string }
  /** The first attempt's write may or may not have happened: GW50402; a person decides. */
  | { readonly outcome: 'unknown'; readonly executionId: string }
  /**
   * A write was done and the flow failed after it: GW50402, which says so. A person decides on the reply, or has
   * ended it without one (`isSettled`).
   */
  | { readonly outcome: 'done'; readonly executionId: string; readonly isSettled?: true }
  /** The same idempotency key with different content: 422. */
  | { readonly outcome: 'key-reused'; readonly executionId: string }
  | { readonly outcome: 'failed'; readonly executionId: string; readonly error: ErrorRecord };

export interface RunFlow {
  call(call: FlowCall): Promise<FlowResult>;
  /** Mode of the published version; undefined if the flow is not published here. */
  mode(flowId: string): 'sync' | 'durable' | undefined;
}
