/** How a gateway (or the command line) reaches flows: the only door into the engine, handed in by the composition root. */
import type { ErrorRecord } from '../values/errors.ts';
import type { Message } from '../values/message.ts';
import type { Reply } from './node.ts';

/** Interface, appid and the caller's Idempotency-Key when it sent one: together the origin of the outward keys. */
export interface Caller {
  readonly interfaceId: string;
  readonly appId: string;
  /** The citizen on the user front, known by both: two issuers may give the same subject to two people. Keys of one never meet those of another. */
  readonly user?: { readonly issuer: string; readonly subject: string };
  readonly idempotencyKey?: string | undefined;
}

/** The origin as a text that no other origin has; undefined when the caller sent no key. */
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
  /** The action is called once when the caller leaves before its answer, at once if it has left. A flow that has sent a write goes on and keeps its answer. */
  readonly onLeave: (action: () => void) => void;
}

export type FlowResult =
  | { readonly outcome: 'replied'; readonly executionId: string; readonly reply: Reply; readonly repeated: boolean }
  /** Durable flow: stored, will be worked on. */
  | { readonly outcome: 'accepted'; readonly executionId: string; readonly repeated: boolean }
  /** The same origin is being worked on right now: 409. */
  | { readonly outcome: 'running'; readonly executionId: string }
  /** The first attempt's write may or may not have happened: GW50402; a person decides. */
  | { readonly outcome: 'unknown'; readonly executionId: string }
  /** A write was done and the flow failed behind it: GW50402 that says so; a person decides about the reply, or has ended it without (`isSettled`). */
  | { readonly outcome: 'done'; readonly executionId: string; readonly isSettled?: true }
  /** The same idempotency key with another content: 422. */
  | { readonly outcome: 'key-reused'; readonly executionId: string }
  | { readonly outcome: 'failed'; readonly executionId: string; readonly error: ErrorRecord };

export interface RunFlow {
  call(call: FlowCall): Promise<FlowResult>;
  /** Mode of the published version, or undefined when the flow is not published here. */
  mode(flowId: string): 'sync' | 'durable' | undefined;
}
