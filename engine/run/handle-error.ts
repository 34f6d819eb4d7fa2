/** What a node's handling says about errors: when to try again, who catches, and what the error port carries. */
import type { ErrorRecord } from '../contract/errors.ts';
import { withData, type Message } from '../contract/message.ts';
import type { CompiledNode } from './compile-flow.ts';

export function errorMessage(message: Message, error: ErrorRecord, node: string): Message {
  return withData(message, { error, node, data: message.data instanceof Uint8Array ? undefined : message.data }, 'application/json');
}

/** A catch may name codes or kinds; without either it takes all. */
export function catches(candidate: CompiledNode, error: ErrorRecord): boolean {
  const { codes, kinds } = candidate.config as { readonly codes?: readonly string[]; readonly kinds?: readonly string[] };
  const isAny = !codes?.length && !kinds?.length;
  return isAny || codes?.includes(error.code) === true || kinds?.includes(error.kind) === true;
}

/** Only a catch that names the kind takes an unknown outcome: catching everything does not mean to go on without knowing. */
export function namesUnknown(candidate: CompiledNode): boolean {
  return (candidate.config as { readonly kinds?: readonly string[] }).kinds?.includes('unknown-outcome') === true;
}

/** Exponential with full jitter (never under a fifth), the other side's `Retry-After` honoured. */
export function retryDelayMs(node: CompiledNode, attempt: number, retryAfterMs: number, origin: string): number {
  const { baseMs, factor, capMs } = node.retry;
  const ceiling = Math.min(capMs, baseMs * factor ** (attempt - 1));
  let hash = attempt;
  for (let index = 0; index < origin.length; index += 1) hash = (Math.imul(hash, 31) + origin.charCodeAt(index)) >>> 0;
  return Math.max(retryAfterMs, Math.ceil(ceiling * (0.2 + (0.8 * (hash % 1000)) / 1000)));
}
