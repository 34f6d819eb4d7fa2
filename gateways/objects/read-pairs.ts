/** Reads one parameter of a query or of a form body (`application/x-www-form-urlencoded`), strictly. Pure. */
import { AMBIGUOUS, foldName, foundText, isEncodedTwice, MISSING, type Found } from './found.ts';

export interface Pair {
  readonly name: string;
  readonly value: string;
  /** The name as `foldParameter` returns it. */
  readonly folded: string;
  /** The name as sent. Undefined for the field of a multipart body. */
  readonly rawName?: string;
  readonly rawValue?: string;
}

const MOST_PAIRS = 1000;
/** Longer names are refused, so that folding names costs little. */
const MOST_NAME_CHARS = 1024;

/**
 * Splits and decodes pairs. With `plusIsSpace`, `+` is a space (the form encoding of the URL standard). Returns
 * undefined if they are malformed, too long or too many.
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
      if (rawName.length > MOST_NAME_CHARS) return undefined;
      const name = decode(rawName);
      pairs.push({ name, folded: foldParameter(name), value: decode(rawValue), rawName, rawValue });
    }
  } catch {
    return undefined;
  }
  return pairs;
}

/**
 * Returns the value of a name. Ambiguous are: a repeated name, a name that some readers take for this one (`ID`,
 * `id[]`, `i.d` and `i[d` in PHP), a name in an unusual encoding, and a value that is encoded twice.
 */
export function findPair(pairs: readonly Pair[], name: string): Found {
  const wanted = foldParameter(name);
  let found: Pair | undefined;
  for (const pair of pairs) {
    if (pair.name === name) {
      if (found !== undefined || !isUsualName(pair)) return AMBIGUOUS;
      found = pair;
    } else if (isLookalike(pair.folded, wanted)) return AMBIGUOUS;
  }
  if (found === undefined) return MISSING;
  return isEncodedTwice(found.value) ? AMBIGUOUS : foundText(found.value);
}

/** Returns whether any reader may take one of the pairs for the name. */
export function hasPairLike(pairs: readonly Pair[], name: string): boolean {
  const wanted = foldParameter(name);
  return pairs.some((pair) => isLookalike(pair.folded, wanted));
}

function isUsualName({ name, rawName }: Pair): boolean {
  return rawName === undefined || rawName === name || rawName.toLowerCase() === encodeURIComponent(name).toLowerCase();
}

/**
 * Compares folded names. Also true if one is a part of the other, as `id[]`, `id[0]` and `id[x]` are of `id`. PHP turns
 * `[` into `_` if the bracket is not closed.
 */
function isLookalike(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (long.length > short.length && long[short.length] !== '[') return false;
  return long.slice(0, short.length).replaceAll('[', '_') === short.replaceAll('[', '_');
}

/**
 * Folds what readers do with names. `+` is a space for most form decoders. PHP drops leading spaces and turns spaces and
 * dots into `_`. Rails and qs read `a[b]` as a path, qs reads `[a]` as `a`, and Spring takes `!a` for the default of `a`.
 * Some decode twice.
 */
export function foldParameter(name: string): string {
  const folded = foldName(isEncodedTwice(name) ? decodeAgain(name) : name)
    .replaceAll(/[+\s]/g, ' ')
    .trimStart()
    .replace(/^[[!]/, '')
    .trimStart()
    .replaceAll(']', '')
    .replaceAll(/[ .]/g, '_');
  // Some readers drop spaces at the end, others turn them into `_`.
  let end = folded.length;
  while (end > 0 && folded[end - 1] === '_') end--;
  return folded.slice(0, end);
}

function decodeAgain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
