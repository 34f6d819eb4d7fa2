/** Recognises repeated calls by the caller's key and the content. */
import { type FlowCall, originOfCaller } from '../contract/node/run-flow.ts';
import type { Seal } from '../contract/values/seal.ts';
import { digestOfMessage, encodeMessage } from '../execution/payloads.ts';
import { LostExecution } from '../execution/lost-execution.ts';

/** Identifies a call that carries an idempotency key: who made it, under which key, with which content. */
export interface Origin {
  readonly dedupe: string;
  /** Digest of the content. Tells a repeated call from another one under the same key. */
  readonly digest: string;
  /**
   * Outward keys derive from it. It includes the digest: a key used again after its window for other content must not
   * look the same to a hospital.
   */
  readonly outward: string;
}

/** Thrown when an earlier execution of the same origin already exists. */
export class DuplicateOrigin extends LostExecution {}

export function originOf({ caller, message }: FlowCall, seal: Seal): Origin | undefined {
  const origin = originOfCaller(caller);
  if (origin === undefined) return undefined;
  const key = seal.token('origin', origin);
  const digest = digestOfMessage(encodeMessage(message), seal);
  return { dedupe: `i:${key}`, digest, outward: seal.token('outward', `${key}|${digest}`) };
}
