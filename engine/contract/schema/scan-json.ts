/**
 * Finds what `JSON.parse` accepts but a strict reader must refuse, in one pass over the text and one over the value.
 * Pure. The pass over the text is linear and safe on any input, but its result is only meaningful for valid JSON.
 */

export interface JsonScan {
  /** The deepest nesting of objects and arrays. */
  readonly depth: number;
  /** The number of objects, arrays, texts, numbers and literals, at any depth. */
  readonly values: number;
  /** The number of keys of all objects; repeated keys count each time. */
  readonly keys: number;
  /** The first number for which `isHeld` returned false, as written in the text. */
  readonly unheld: string | undefined;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Any number of at most this many characters without an exponent fits into a double exactly. */
const HELD_LENGTH = 15;

/**
 * Scans JSON text. Calls `isHeld` for numbers that a double might not represent exactly: long ones, and those with an
 * exponent.
 */
export function scanJson(text: string, isHeld: (number: string) => boolean): JsonScan {
  let depth = 0;
  let deepest = 0;
  let values = 0;
  let keys = 0;
  let unheld: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      values++;
      at = endOfString(text, at);
    } else if (code === COLON) keys++;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth--;
    else if (code === MINUS || isDigit(code)) {
      values++;
      const end = endOfNumber(text, at);
      if (unheld === undefined && mayBeUnheld(text, at, end)) {
        const number = text.slice(at, end);
        if (!isHeld(number)) unheld = number;
      }
      at = end - 1;
    } else if (isLiteral(code)) values++;
  }
  // The scan counted each key as a text, but a key is not a value.
  return { depth: deepest, values: values - keys, keys, unheld };
}

export interface JsonLimits {
  readonly values: number;
  readonly names: number;
  readonly orders: number;
  readonly wide: number;
}

/**
 * Limits for JSON text that is parsed on an event loop. 10 MB of ordinary records have half a million values and take
 * 0.1 s; input within the limits takes at most three times as long. A name costs as much as twenty values, but only on
 * first use. Objects with the same names in the same order share one hidden class of V8. Parsing 9 MB with a thousand
 * orders of names takes no longer than with one order; with 12,500 orders it takes nine times as long. Objects that V8
 * keeps as dictionaries take three to five times as long as others to parse, walk and write.
 */
export const JSON_LIMITS: JsonLimits = { values: 1_000_000, names: 50_000, orders: 10_000, wide: 100_000 };
/** V8 stores an object with more names than this as a dictionary. */
const ORDERED_NAMES = 1_024;
/**
 * The maximum number of different names that may follow the same first names of objects. V8 stores an object with one
 * more different name as a dictionary.
 */
const MOST_FOLLOWERS = 1_536;
/**
 * A long text may have one value for each ten characters, even if that is more than `JSON_LIMITS.values`. Ordinary
 * bodies have about as many.
 */
const CHARS_PER_VALUE = 10;
/** Text with fewer keys cannot exceed any limit on keys. */
const FEW_KEYS = 10_000;

export interface JsonExcess {
  /**
   * `names`: distinct field names as written. `orders`: distinct sequences of names from the start of an object, plus
   * the fields of objects that V8 stores as dictionaries because too many sequences have the same start. `wide`: fields
   * of an object beyond `ORDERED_NAMES`.
   */
  readonly of: keyof JsonLimits;
  readonly found: number;
  readonly limit: number;
}

/**
 * Returns what makes JSON text too expensive for an event loop, before any value is built from it. Also safe on text
 * that is not JSON, if its depth is bounded.
 */
export function findJsonExcess({ values, keys }: JsonScan, text: string, limits = JSON_LIMITS): JsonExcess | undefined {
  const limit = Math.max(limits.values, Math.floor(text.length / CHARS_PER_VALUE));
  if (values > limit) return { of: 'values', found: values, limit };
  return keys <= FEW_KEYS ? undefined : findShapeExcess(text, limits);
}

/** The names that were found after the same first names of objects, each with the names found after it. */
type Follow = Map<string, Follow>;

/** Returns the first exceeded limit on names, orders or wide objects. */
function findShapeExcess(text: string, limits: JsonLimits): JsonExcess | undefined {
  const start: Follow = new Map();
  const names = new Set<string>();
  // Per level of nesting: the names that may follow in the object (undefined if it is a dictionary), and the number of
  // its keys so far.
  const places: (Follow | undefined)[] = [start];
  const counts = [0];
  const found = { names: 0, orders: 0, wide: 0 };
  let level = 0;
  let [nameStart, nameEnd] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      nameStart = at + 1;
      nameEnd = at = endOfString(text, at);
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      level++;
      places[level] = start;
      counts[level] = 0;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) level = Math.max(0, level - 1);
    else if (code === COLON) {
      const name = text.slice(nameStart, nameEnd);
      if (counts[level]!++ >= ORDERED_NAMES) found.wide++;
      else {
        const place = places[level];
        const known = place?.get(name);
        places[level] = known ?? addFollower(place, name);
        if (known !== undefined) continue;
        found.orders++;
      }
      names.add(name);
      found.names = names.size;
      const of = (['names', 'orders', 'wide'] as const).find((what) => found[what] > limits[what]);
      if (of !== undefined) return { of, found: found[of], limit: limits[of] };
    }
  }
  return undefined;
}

/**
 * Adds a name after the first names of an object. Returns undefined if too many names already follow: the object
 * becomes a dictionary.
 */
function addFollower(place: Follow | undefined, name: string): Follow | undefined {
  if (place === undefined || place.size >= MOST_FOLLOWERS) return undefined;
  const next: Follow = new Map();
  place.set(name, next);
  return next;
}

/**
 * Returns what is wrong with the keys of a parsed value. `keys` is the number of keys in the text. `JSON.parse` keeps
 * only the last of equal keys, so fewer keys in the value than in the text mean that a key occurs twice. The depth of
 * the value must be bounded.
 */
export function keyFault(value: unknown, keys: number): 'proto' | 'twice' | undefined {
  let left = keys;
  let hasProto = false;
  visitKeys(value, (key) => {
    left--;
    hasProto ||= key === '__proto__';
  });
  if (hasProto) return 'proto';
  return left === 0 ? undefined : 'twice';
}

function visitKeys(value: unknown, visit: (key: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) visitKeys(item, visit);
    return;
  }
  for (const key in value) {
    visit(key);
    visitKeys((value as Readonly<Record<string, unknown>>)[key], visit);
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (!isDigit(code) && !isInsideNumber(code)) break;
  }
  return end;
}

function mayBeUnheld(text: string, start: number, end: number): boolean {
  if (end - start > HELD_LENGTH) return true;
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 0x20) === 0x65) return true;
  return false;
}

/**
 * Returns true for the first letter of true, false or null. No other letter of the same word returns true, so each word
 * counts once.
 */
function isLiteral(code: number): boolean {
  return code === 0x74 || code === 0x66 || code === 0x6e;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Returns true for + - . E e, which belong to a number once it has started. */
function isInsideNumber(code: number): boolean {
  return code === 0x2b || code === MINUS || code === 0x2e || code === 0x45 || code === 0x65;
}
