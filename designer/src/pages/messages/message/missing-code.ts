/**
 * Finds the code that was missing in a code table. Errors never contain values of the message, so the code is read from
 * the node's input. Pure.
 */
import type { FlowNode } from '../../../../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import type { PayloadAnswer, Standstill } from '../../../api/operations.ts';
import { valueAtRow } from '../../../model/mapping/preview-mapping.ts';

/**
 * Returns the code. Returns undefined if the code was not read from a single path outside loops, or if the value may be
 * more than a code.
 */
export function missingCode(
  { node: nodeId, scope, error }: Standstill,
  node: FlowNode | undefined,
  data: PayloadAnswer | undefined,
): string | undefined {
  const { rule, table } = error?.values ?? {};
  const input = data?.inputs[scope === '' ? nodeId : `${scope}/${nodeId}`];
  if (typeof rule !== 'string' || typeof table !== 'string' || input === undefined) return undefined;
  const [path, ...others] = new Set(pathsOf(node?.config['mapping'], rule.split('/').slice(1), table));
  if (path === undefined || others.length > 0) return undefined;
  const value = valueAtRow(input, path);
  return typeof value === 'string' || typeof value === 'number' ? plainCode(String(value)) : undefined;
}

/**
 * Returns the value if it looks like a code; otherwise undefined. If the wrong field was mapped, the value may be the
 * name, identity number or telephone number of a person.
 */
export function plainCode(value: string): string | undefined {
  const isCode = /^[A-Za-z0-9._-]{1,32}$/.test(value);
  return isCode && (value.length <= 8 || !/\d{7}/.test(value)) ? value : undefined;
}

/** Returns the paths whose values a rule looks up in the code table. `steps` lead to the rule in the mapping. */
function pathsOf(mapping: unknown, steps: readonly string[], table: string): readonly string[] {
  let at = mapping;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || 'each' in at) return [];
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  return lookupsIn(at, table);
}

function lookupsIn(part: unknown, table: string): readonly string[] {
  if (Array.isArray(part)) return part.flatMap((one) => lookupsIn(one, table));
  if (!isRecord(part) || 'each' in part) return [];
  const { key } = part;
  const own = part['table'] === table && isRecord(key) && typeof key['path'] === 'string' ? [key['path']] : [];
  return [...own, ...Object.values(part).flatMap((one) => lookupsIn(one, table))];
}
