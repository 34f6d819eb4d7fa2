/** What the profiles that sign sorted parameters share. */

const MAX_PARAMETERS = 100;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Parameters by name, with decoded values. */
export type SignedParameters = ReadonlyMap<string, string>;

/**
 * Adds a parameter. Returns false if its name is unusable or occurs twice (two readers could then take different
 * values), or if its value is not text (half of a surrogate pair).
 */
export function addParameter(to: Map<string, string>, name: string, value: string): boolean {
  if (!NAME.test(name) || !value.isWellFormed() || to.has(name) || to.size >= MAX_PARAMETERS) return false;
  to.set(name, value);
  return true;
}

/**
 * Adds the parameters of a query or a form (`application/x-www-form-urlencoded`: `+` is a blank, `%XX` is UTF-8).
 * Returns false if one is malformed, repeated, or one too many.
 */
export function addPairs(to: Map<string, string>, text: string): boolean {
  if (text === '') return true;
  const pairs = text.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) return false;
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 0) return false;
    try {
      if (!addParameter(to, decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)))) return false;
    } catch {
      return false;
    }
  }
  return true;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/**
 * Returns the signed text `name=value&name=value…`, sorted by name. Blank values are left out. Returns undefined if the
 * text could be split in another way: only the parameter `nested` may contain `&`, and it must be empty, or one JSON
 * object or array, whose end is plain.
 */
export function sortedText(parameters: SignedParameters, unsigned: ReadonlySet<string>, nested: string): string | undefined {
  const lines: string[] = [];
  for (const name of [...parameters.keys()].sort()) {
    const value = parameters.get(name)!;
    // Blanks that become a body must be signed, so `nested` is not left out for them.
    if (unsigned.has(name) || (name === nested ? value === '' : isBlank(value))) continue;
    if (name === nested ? endOfNested(value, 0) !== value.length : value.includes('&')) return undefined;
    lines.push(`${name}=${value}`);
  }
  return lines.join('&');
}

/** Returns the query of the parameters that are the interface's own: signed, and not those of the profile. */
export function ownQuery(parameters: SignedParameters, ofProfile: ReadonlySet<string>): string {
  const own = [...parameters].filter(([name, value]) => !ofProfile.has(name) && !isBlank(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  return own.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

function isBlank(value: string): boolean {
  return value.trim() === '';
}

/**
 * Returns the position behind the JSON object or array that begins at `start`, or -1 if there is none. It counts
 * brackets only. Whether the content is valid is checked where it is parsed.
 */
export function endOfNested(text: string, start: number): number {
  if (text[start] !== '{' && text[start] !== '[') return -1;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at) - 1;
      if (at < 0) return -1;
    } else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return -1;
}

/** Returns the position behind the JSON string that begins at `start`, or -1 if it does not end. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}
