/** Which calls are the same call: by their caller's key and their content. */
import { type FlowCall, originOfCaller } from '../contract/node/run-flow.ts';
import type { Seal } from '../contract/values/seal.ts';
import { digestOfMessage, encodeMessage } from '../execution/payloads.ts';
import { LostExecution } from '../execution/lost-execution.ts';

/** Who asked under which key for what: made once a call. */
export interface Origin {
  readonly dedupe: string;
  /** Of the content, to tell a repeated call from another one under the same key. */
  readonly digest: string;
  /** What outward keys derive from: a key that is used again after its window for something else must not look the same to a hospital. */
  readonly outward: string;
}

/** The same origin's earlier execution stands in the way. */
export class DuplicateOrigin extends LostExecution {}

export function originOf({ caller, message }: FlowCall, seal: Seal): Origin | undefined {
  const origin = originOfCaller(caller);
  if (origin === undefined) return undefined;
  const key = seal.token('origin', origin);
  const digest = digestOfMessage(encodeMessage(message), seal);
  return { dedupe: `i:${key}`, digest, outward: seal.token('outward', `${key}|${digest}`) };
}
