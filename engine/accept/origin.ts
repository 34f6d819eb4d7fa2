/** Recognises repeated calls by the caller's Idempotency-Key and the content. */
import { type FlowCall, originOfCaller } from '../contract/node/run-flow.ts';
import type { Seal } from '../contract/values/seal.ts';
import { digestOfMessage, encodeMessage } from '../execution/payloads.ts';
import { LostExecution } from '../execution/lost-execution.ts';

/** Identifies a call that carries an idempotency key: who made it, under which key, with which content. */
export interface Origin {
  readonly dedupe: string;
  /** The digest of the content. It distinguishes a repeated call from a different one with the same key. */
  readonly digest: string;
  /**
   * The idempotency keys that the nodes send derive from this. It includes the digest: if the caller's key is used
   * again for other content after its window, a hospital must not take the second write for a repeat of the first.
   */
  readonly outward: string;
}

/** Thrown if an execution with the same origin is already stored. */
export class DuplicateOrigin extends LostExecution {}

export function originOf({ caller, message }: FlowCall, seal: Seal): Origin | undefined {
  const origin = originOfCaller(caller);
  if (origin === undefined) return undefined;
  const key = seal.token('origin', origin);
  const digest = digestOfMessage(encodeMessage(message), seal);
  return { dedupe: `i:${key}`, digest, outward: seal.token('outward', `${key}|${digest}`) };
}
