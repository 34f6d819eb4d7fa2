import { findJsonExcess, keyFault, scanJson } from '../../engine/contract/schema/scan-json.ts';
import type { JsonResult } from '../json-reading.ts';

const MAX_DEPTH = 64;
const KEY_PROBLEMS = { proto: 'the key __proto__ is not allowed', twice: 'an object has the same key twice' } as const;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses JSON as an interface accepts it: strict UTF-8, no repeated key in an object (two readers could use different
 * values), no `__proto__`, at most 64 levels deep, and only numbers that a double can represent. A problem is a text
 * for people; it contains no content, only the position of a key. With `isForLoop`, an event loop will parse the body
 * too, so the number of its values and field names is limited.
 */
export function parseJson(bytes: Uint8Array, isForLoop = false): JsonResult {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { problem: 'the body is not valid UTF-8' };
  }
  const scan = scanJson(text, isHeld);
  const { depth, keys, unheld } = scan;
  // `JSON.parse` is recursive, so it must not get a hundred thousand nested brackets. Check the depth first.
  if (depth > MAX_DEPTH) return { problem: `the body is nested more than ${MAX_DEPTH} levels deep` };
  const excess = isForLoop ? findJsonExcess(scan, text) : undefined;
  if (excess !== undefined) return { problem: `the body has too many ${excess.of}`, excess };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'the body is not valid JSON' };
  }
  if (unheld !== undefined) return { problem: unheldProblem(unheld) };
  const fault = keyFault(value, keys);
  if (fault !== undefined) return { problem: KEY_PROBLEMS[fault] };
  return { value };
}

function isHeld(token: string): boolean {
  const number = Number(token);
  return Number.isFinite(number) && (/[.eE]/.test(token) || Number.isSafeInteger(number));
}

function unheldProblem(token: string): string {
  return Number.isFinite(Number(token)) ? 'a number is too large to be represented exactly: send it as a string' : 'a number is too large';
}
