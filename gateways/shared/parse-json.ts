import type { JsonResult } from '../contract.ts';

const MAX_DEPTH = 64;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON as an interface takes it: strict UTF-8, no key twice in an object (two readers could take different ones), no `__proto__`, at most
 * 64 levels deep, numbers that a double holds exactly or at least finitely. The problem is for people and names no content but a key's place.
 */
export function parseJson(bytes: Uint8Array): JsonResult {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { problem: 'the body is not valid UTF-8' };
  }
  const depthProblem = checkDepth(text);
  if (depthProblem !== undefined) return { problem: depthProblem };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'the body is not valid JSON' };
  }
  const problem = checkTokens(text);
  return problem === undefined ? { value } : { problem };
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const COMMA = 44;

/** Before JSON.parse, whose recursion must not meet a hundred thousand brackets. */
function checkDepth(text: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (++depth > MAX_DEPTH) return `the body is nested more than ${MAX_DEPTH} levels deep`;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth--;
  }
  return undefined;
}

/** The text is known to be valid JSON: a string directly after `{` or after `,` in an object is a key. One pass, linear. */
function checkTokens(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      if (isKeyNext) {
        const problem = addKey(open.at(-1)!, text.slice(i + 1, end));
        if (problem !== undefined) return problem;
        isKeyNext = false;
      }
      i = end;
    } else if (code === OPEN_OBJECT) {
      open.push(new Set());
      isKeyNext = true;
    } else if (code === OPEN_ARRAY) {
      open.push(undefined);
      isKeyNext = false;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      open.pop();
      isKeyNext = false;
    } else if (code === COMMA) isKeyNext = open.at(-1) !== undefined;
    else if (code === 45 || (code >= 48 && code <= 57)) {
      const end = endOfNumber(text, i);
      if (end - i > 15 && !isHeldNumber(text.slice(i, end))) return 'a number is too large to be held exactly: send it as a string';
      if (end - i > 3 && !Number.isFinite(Number(text.slice(i, end)))) return 'a number is too large';
      i = end - 1;
    }
  }
  return undefined;
}

function addKey(keys: Set<string>, raw: string): string | undefined {
  const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  if (key === '__proto__') return 'the key __proto__ is not allowed';
  if (keys.has(key)) return 'a key stands twice in one object';
  keys.add(key);
  return undefined;
}

function isHeldNumber(token: string): boolean {
  const number = Number(token);
  return Number.isFinite(number) && (/[.eE]/.test(token) || Number.isSafeInteger(number));
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return i;
}

function endOfNumber(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isPart = (code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || code === 69 || code === 101;
    if (!isPart) break;
  }
  return i;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
