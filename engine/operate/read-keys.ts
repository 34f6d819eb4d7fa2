/**
 * Reads business keys as plain text. The store has them only as keyed tokens; the plain text is only in the sealed
 * message.
 */
import type { Collection } from '../contract/ports/documents.ts';
import { type FlowScope, isWithin } from '../execution/scope-filters.ts';
import type { BusinessKeys } from './interface.ts';
import type { ExecutionDocument, Stored } from '../execution/execution-document.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import { decodeMessage, type Payloads } from '../execution/payloads.ts';

export interface ReadKeysDeps {
  readonly executions: Pick<Collection<ExecutionDocument>, 'find'>;
  readonly payloads: Pick<Payloads, 'load'>;
}

/** Lists do not open messages larger than this; people open those one by one. */
const LARGEST_BYTES = 256 * 1024;

/**
 * Returns the business keys by execution. Leaves out executions that are outside `within`, are not stored, or have no
 * stored message.
 */
export async function readKeys(
  ids: readonly string[],
  within: readonly FlowScope[] | undefined,
  { executions, payloads }: ReadKeysDeps,
): Promise<Readonly<Record<string, BusinessKeys>>> {
  const found = await executions.find({ _id: { in: ids } }, { limit: Math.max(1, ids.length), omit: ['legs', 'reply'] });
  const read: Record<string, BusinessKeys> = {};
  for (const document of found) {
    const { _id, input, keys } = document;
    if (input === undefined || keys.length === 0 || !isWithin(document, within)) continue;
    if (isLarge(input)) read[_id] = 'large';
    else read[_id] = decodeMessage(await payloads.load(executionPlace(_id, 'input'), input)).keys;
  }
  return read;
}

function isLarge(stored: Stored): boolean {
  return 'blob' in stored && (stored.bytes ?? Infinity) > LARGEST_BYTES;
}
