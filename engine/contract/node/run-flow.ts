/**
 * The interface through which a gateway (or the command line) runs flows. It is the only entry into the engine; the
 * composition root passes it in.
 */
import type { ErrorRecord } from '../values/errors.ts';
import type { Message } from '../values/message.ts';
import type { Reply } from './node.ts';

/**
 * The interface, the app, and the Idempotency-Key if the request has one. Together they form the origin. The
 * idempotency keys of the execution derive from the origin.
 */
export interface Caller {
  readonly interfaceId: string;
  readonly appId: string;
  /**
   * The citizen who calls on the user front. Issuer and subject are both needed, because two issuers may give the same
   * subject to two people. Idempotency keys of one citizen never collide with those of another.
   */
  readonly user?: { readonly issuer: string; readonly subject: string };
  readonly idempotencyKey?: string | undefined;
}

/** Returns the origin as a unique text; undefined if the caller sent no Idempotency-Key. */
export function originOfCaller({ appId, interfaceId, user, idempotencyKey }: Caller): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  return JSON.stringify([appId, interfaceId, user?.issuer, user?.subject, idempotencyKey]);
}

export interface FlowCall {
  readonly flowId: string;
  readonly caller: Caller;
  readonly message: Message;
  /** Method and query as the caller sent them, for triggers with a door. Absent if no HTTP request led to the call. */
  readonly request?: { readonly method: string; readonly rawQuery: string };
  readonly traceId: string;
  /** W3C trace context of the caller's span, when its trace is sampled. */
  readonly traceparent?: string | undefined;
  /** Epoch milliseconds; the flow's own deadline may be earlier. */
  readonly deadlineMs: number;
  /**
   * Registers an action that is called once if the caller leaves before its reply, and at once if the caller has
   * already left. A flow that has sent a write continues, and its reply is stored.
   */
  readonly onLeave: (action: () => void) => void;
  /**
   * Throws an AppError if the caller cannot get this reply. The step that made it then fails, as for any other error. The
   * reply of an earlier execution, for a repeated call, is not checked again.
   */
  readonly checkReply?: (reply: Reply) => void;
}

export type FlowResult =
  | { readonly outcome: 'replied'; readonly executionId: string; readonly reply: Reply; readonly repeated: boolean }
  /** The message of a durable flow is stored and will be processed. */
  | { readonly outcome: 'accepted'; readonly executionId: string; readonly repeated: boolean }
  /** An execution with the same origin is still running: status 409. */
  | { readonly outcome: 'running'; readonly executionId: string }
  /** It is unknown whether the write of the first attempt was done: GW50402. A person decides. */
  | { readonly outcome: 'unknown'; readonly executionId: string }
  /**
   * A write was done, and the flow failed after it: GW50402. The body of that response says that the write was done. A
   * person still has to decide about the reply, or has ended the execution without a reply (`isSettled`).
   */
  | { readonly outcome: 'done'; readonly executionId: string; readonly isSettled?: true }
  /** The same idempotency key was used before with different content: status 422. */
  | { readonly outcome: 'key-reused'; readonly executionId: string }
  /** The flow replied, but its trigger cannot convert the reply to what the caller expects. The step that replied failed. */
  | { readonly outcome: 'reply-unusable'; readonly executionId: string; readonly error: ErrorRecord }
  | { readonly outcome: 'failed'; readonly executionId: string; readonly error: ErrorRecord };

export interface RunFlow {
  call(call: FlowCall): Promise<FlowResult>;
  /** Returns the mode of the published version; undefined if the flow is not published here. */
  mode(flowId: string): 'sync' | 'durable' | undefined;
  /** Returns true if the door of the flow reads the query itself, so that the gateway need not understand it. */
  readsQuery?(flowId: string): boolean;
}
