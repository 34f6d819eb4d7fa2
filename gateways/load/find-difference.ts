import { isRecord } from '../../engine/contract/values/is-record.ts';

/** A response to compare. */
export interface ComparedAnswer {
  readonly status: number;
  /** Undefined if it was not read. */
  readonly body: Uint8Array | undefined;
}

/** Larger bodies are compared by their status only. */
const LIMIT_BYTES = 64 * 1024;
/** Of a list, only the first items are compared: its items usually have one structure. */
const MOST_ITEMS = 20;
const DEEPEST = 30;

/**
 * Returns where two responses differ: `status`, or the JSON Pointer of the first place with another type or another
 * name. Values are not compared, because the copy of a request has masked data. Returns undefined if there is none.
 */
export function findDifference(own: ComparedAnswer, other: ComparedAnswer): string | undefined {
  if (own.status !== other.status) return `status ${own.status} ${other.status}`;
  const [left, right] = [parse(own.body), parse(other.body)];
  return left === undefined || right === undefined ? undefined : compare(left.value, right.value, '', 0);
}

function parse(body: Uint8Array | undefined): { readonly value: unknown } | undefined {
  if (body === undefined || body.byteLength > LIMIT_BYTES) return undefined;
  try {
    return { value: JSON.parse(Buffer.from(body).toString()) as unknown };
  } catch {
    return { value: undefined };
  }
}

function compare(left: unknown, right: unknown, path: string, depth: number): string | undefined {
  // A field that is empty in one of the responses is no difference in structure.
  if (left === null || right === null) return undefined;
  if (typeOf(left) !== typeOf(right)) return path === '' ? '/' : path;
  if (depth === DEEPEST) return undefined;
  if (Array.isArray(left) && Array.isArray(right)) {
    for (let i = 0; i < Math.min(left.length, right.length, MOST_ITEMS); i++) {
      const found = compare(left[i], right[i], `${path}/${i}`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isRecord(left) || !isRecord(right)) return undefined;
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Object.hasOwn(left, name) || !Object.hasOwn(right, name)) return place;
    const found = compare(left[name], right[name], place, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value;
}
