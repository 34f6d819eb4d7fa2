import { isRecord } from '../../engine/contract/values/is-record.ts';

/** Returns the tokens of a JSON Pointer (RFC 6901). */
export function readPointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Returns the value at a pointer; undefined if there is none. */
export function followPointer(value: unknown, pointer: readonly string[]): unknown {
  let found = value;
  for (const token of pointer) {
    const isIndex = Array.isArray(found) && /^(?:0|[1-9][0-9]{0,6})$/.test(token);
    if (!isIndex && !isRecord(found)) return undefined;
    if (!Object.hasOwn(found as object, token)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[token];
  }
  return found;
}
