/** Strict JSON (RFC 8259) from the outside: one meaning for every reader, or refused. Pure: also runs in a worker thread. */
import { AppError, type ErrorValues } from '../../../engine/contract/errors.ts';

export interface ParseJsonOptions {
  /** Objects and arrays inside one another. */
  readonly maxDepth: number;
  /** Numbers that a double cannot hold: refused, or kept as text with every digit. */
  readonly bigNumbers: 'refuse' | 'string';
}

export const DEFAULT_JSON_OPTIONS: ParseJsonOptions = { maxDepth: 100, bigNumbers: 'refuse' };

/**
 * Parses one JSON text. JSON_INVALID (input) when it is no JSON, JSON_DUPLICATE_KEY when an object names a key twice, JSON_KEY_REFUSED for
 * `__proto__`, JSON_TOO_DEEP, JSON_BIG_NUMBER. Messages never quote the text.
 */
export function parseJson(text: string, options: ParseJsonOptions = DEFAULT_JSON_OPTIONS): unknown {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(plain);
  } catch (cause) {
    const place = /\(line (\d+) column (\d+)\)/.exec((cause as Error).message);
    const where = place === null ? '' : ` (line ${place[1]}, column ${place[2]})`;
    throw refuse('JSON_INVALID', `The payload is not valid JSON${where}.`, 'Send one complete JSON text.', {
      ...(place === null ? {} : { line: Number(place[1]), column: Number(place[2]) }),
    });
  }
  const hasBigNumber = scan(plain, options);
  return hasBigNumber ? (JSON.parse(plain, keepBigNumber as (key: string, value: unknown) => unknown) as unknown) : parsed;
}

/** Walks over text that is known to be JSON and looks for what `JSON.parse` lets pass. Answers whether a number must be kept as text. */
function scan(text: string, { maxDepth, bigNumbers }: ParseJsonOptions): boolean {
  // One entry per open object or array: the keys seen so far, or undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  let hasBigNumber = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        if (isKeyNext) checkKey(open.at(-1), text.slice(at, end + 1));
        isKeyNext = false;
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: {
        const isObject = text.charCodeAt(at) === 0x7b;
        if (open.push(isObject ? new Set() : undefined) > maxDepth) {
          throw refuse('JSON_TOO_DEEP', `The JSON is nested deeper than ${maxDepth} levels.`, 'Send a flatter structure.', { maxDepth });
        }
        isKeyNext = isObject;
        break;
      }
      case 0x7d: // }
      case 0x5d:
        open.pop();
        isKeyNext = false;
        break;
      case 0x2c: // ,
        isKeyNext = open.at(-1) !== undefined;
        break;
      default: {
        const end = endOfNumber(text, at);
        if (end === at) break;
        if (!fitsDouble(text.slice(at, end))) {
          if (bigNumbers === 'refuse') {
            throw refuse(
              'JSON_BIG_NUMBER',
              'The JSON holds a number that would lose digits.',
              'Send it as a string, or keep big numbers as text.',
            );
          }
          hasBigNumber = true;
        }
        at = end - 1;
      }
    }
  }
  return hasBigNumber;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

function checkKey(seen: Set<string> | undefined, quoted: string): void {
  const key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  if (key === '__proto__') throw refuse('JSON_KEY_REFUSED', 'The JSON holds the key "__proto__".', 'Use another key.');
  if (seen?.has(key)) throw refuse('JSON_DUPLICATE_KEY', 'A JSON object names one key twice.', 'Send every key once.');
  seen?.add(key);
}

function endOfNumber(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const isDigit = code >= 0x30 && code <= 0x39;
    // + - . E e belong to a number once it has begun; it begins with - or a digit.
    const isInside = end > start && (code === 0x2b || code === 0x2e || code === 0x45 || code === 0x65);
    if (!isDigit && !isInside && code !== 0x2d) return end;
  }
  return end;
}

function fitsDouble(source: string): boolean {
  if (source.length < 16 && !/[eE]/.test(source)) return true;
  const value = Number(source);
  return Number.isFinite(value) && (/[.eE]/.test(source) || Number.isSafeInteger(value) || String(value) === source);
}

/** The third argument is the number as it was written (ECMAScript proposal "JSON.parse source text access"). */
function keepBigNumber(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' && context.source !== undefined && !fitsDouble(context.source) ? context.source : value;
}

function refuse(code: string, message: string, fix: string, values: ErrorValues = {}): AppError {
  return new AppError(code, 'input', message, { values, fix });
}
