/** Reads one parameter of a query or of a form body (`application/x-www-form-urlencoded`), strictly. Pure. */
import { AMBIGUOUS, foldName, foundText, isEncodedTwice, MISSING, type Found } from './found.ts';

export interface Pair {
  readonly name: string;
  readonly value: string;
  /** The name as sent. Undefined for the field of a multipart body. */
  readonly rawName?: string;
  readonly rawValue?: string;
}

const MOST_PAIRS = 1000;

/**
 * Splits and decodes pairs. With `plusIsSpace`, `+` is a space (the form encoding of the URL standard). Returns
 * undefined if they are malformed, or too many.
 */
export function splitPairs(raw: string, plusIsSpace: boolean): readonly Pair[] | undefined {
  if (raw === '') return [];
  const parts = raw.split('&', MOST_PAIRS + 1);
  if (parts.length > MOST_PAIRS) return undefined;
  const decode = (text: string) => decodeURIComponent(plusIsSpace ? text.replaceAll('+', ' ') : text);
  const pairs: Pair[] = [];
  try {
    for (const part of parts) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const rawName = equals < 0 ? part : part.slice(0, equals);
      const rawValue = equals < 0 ? '' : part.slice(equals + 1);
      pairs.push({ name: decode(rawName), value: decode(rawValue), rawName, rawValue });
    }
  } catch {
    return undefined;
  }
  return pairs;
}

/**
 * Returns the value of a name. Ambiguous are: a repeated name, a name that some readers take for this one (`ID`,
 * `id[]`, `i.d` in PHP), a name in an unusual encoding, and a value that is encoded twice.
 */
export function findPair(pairs: readonly Pair[], name: string): Found {
  let found: Pair | undefined;
  for (const pair of pairs) {
    if (pair.name === name) {
      if (found !== undefined || !isUsualName(pair)) return AMBIGUOUS;
      found = pair;
    } else if (isLookalike(pair.name, name)) return AMBIGUOUS;
  }
  if (found === undefined) return MISSING;
  return isEncodedTwice(found.value) ? AMBIGUOUS : foundText(found.value);
}

/** Returns whether any reader may take one of the pairs for the name. */
export function hasPairLike(pairs: readonly Pair[], name: string): boolean {
  return pairs.some((pair) => pair.name === name || isLookalike(pair.name, name));
}

function isUsualName({ name, rawName }: Pair): boolean {
  return rawName === undefined || rawName === name || rawName.toLowerCase() === encodeURIComponent(name).toLowerCase();
}

function isLookalike(other: string, name: string): boolean {
  const wanted = foldParameter(name);
  const folded = foldParameter(other);
  const bracket = folded.indexOf('[');
  return folded === wanted || (bracket > 0 && folded.slice(0, bracket) === wanted);
}

/** PHP turns spaces and dots into `_`, drops leading spaces, and ends a name at NUL. Others ignore case. */
function foldParameter(name: string): string {
  const end = name.indexOf('\0');
  return foldName(end < 0 ? name : name.slice(0, end))
    .trim()
    .replaceAll(/[ .]/g, '_');
}
