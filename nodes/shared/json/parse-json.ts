/**
 * Strict JSON (RFC 8259) from remote systems: text that other parsers could understand differently is refused. The
 * file is pure, so it also runs in a worker thread.
 */
import { AppError, type ErrorValues } from '../../../engine/contract/values/errors.ts';
import { keyFault, scanJson } from '../../../engine/contract/schema/scan-json.ts';

export interface ParseJsonOptions {
  /** Maximum nesting of objects and arrays. */
  readonly maxDepth: number;
  /** What happens to numbers that a double cannot hold: refused, or kept as text with every digit. */
  readonly bigNumbers: 'refuse' | 'string';
}

export const DEFAULT_JSON_OPTIONS: ParseJsonOptions = { maxDepth: 100, bigNumbers: 'refuse' };

/**
 * Parses one JSON text. Throws JSON_INVALID if it is not JSON, JSON_DUPLICATE_KEY if an object repeats a key,
 * JSON_KEY_REFUSED for `__proto__`, JSON_TOO_DEEP or JSON_BIG_NUMBER (all input). Messages never quote the text.
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
  const { depth, keys, unheld } = scanJson(plain, fitsDouble);
  const { maxDepth, bigNumbers } = options;
  if (depth > maxDepth)
    throw refuse('JSON_TOO_DEEP', `The JSON is nested more than ${maxDepth} levels deep.`, 'Send a flatter structure.', { maxDepth });
  const fault = keyFault(parsed, keys);
  if (fault === 'proto') throw refuse('JSON_KEY_REFUSED', 'The JSON contains the key "__proto__".', 'Use another key.');
  if (fault === 'twice') throw refuse('JSON_DUPLICATE_KEY', 'A JSON object has the same key twice.', 'Send each key once.');
  if (unheld === undefined) return parsed;
  if (bigNumbers === 'refuse')
    throw refuse(
      'JSON_BIG_NUMBER',
      'The JSON contains a number that would lose digits.',
      'Send it as a string, or set the node to keep big numbers as text.',
    );
  return JSON.parse(plain, keepBigNumber as (key: string, value: unknown) => unknown) as unknown;
}

function fitsDouble(source: string): boolean {
  if (source.length < 16 && !/[eE]/.test(source)) return true;
  const value = Number(source);
  return Number.isFinite(value) && (/[.eE]/.test(source) || Number.isSafeInteger(value) || String(value) === source);
}

/**
 * Keeps a number as text if a double cannot hold it. `context.source` is the number as written (ECMAScript proposal
 * "JSON.parse source text access").
 */
function keepBigNumber(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' && context.source !== undefined && !fitsDouble(context.source) ? context.source : value;
}

function refuse(code: string, message: string, fix: string, values: ErrorValues = {}): AppError {
  return new AppError(code, 'input', message, { values, fix });
}
