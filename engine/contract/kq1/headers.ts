import { malformed } from './malformed.ts';

/** Header names of KQ1, as sent. */
export const KQ1_HEADERS = {
  enc: 'X-KQ-Enc',
  trace: 'X-KQ-Trace',
  idempotencyKey: 'Idempotency-Key',
  deadline: 'X-Request-Deadline',
  /** Headers of answers. */
  signature: 'X-KQ-Signature',
  keyId: 'X-KQ-Keyid',
  ts: 'X-KQ-Ts',
} as const;

export type HeaderPair = readonly [name: string, value: string];

export const MAX_SIGNED_HEADERS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 8192;
const MUST_BE_SIGNED = new Set(['content-type', 'content-encoding', 'content-language', 'idempotency-key', 'x-request-deadline']);
const ANSWER_SIGNED = new Set(['content-type', 'content-encoding', 'content-language', 'location', 'retry-after']);
const ANSWER_OWN_LINES = new Set(['x-kq-signature', 'x-kq-keyid', 'x-kq-ts']);
/**
 * Host and the key fields of Authorization have their own lines in the canonical string, so neither header is listed
 * in `signed`.
 */
const NEVER_LISTED = new Set(['authorization', 'host']);

/**
 * Returns true for a header that must be signed if present. `proxyHeaders`: lower-case names that a trusted proxy
 * adds, in addition to the usual ones.
 */
export function mustBeSigned(lowerName: string, proxyHeaders?: ReadonlySet<string>): boolean {
  if (MUST_BE_SIGNED.has(lowerName)) return true;
  return lowerName.startsWith('x-') && !isProxyHeader(lowerName) && proxyHeaders?.has(lowerName) !== true;
}

/** Returns true for a lower-case name that is allowed in `signed`. */
export function isSignableName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && /^[a-z0-9][a-z0-9_-]*$/.test(name) && !NEVER_LISTED.has(name);
}

/**
 * Returns the signed headers of a received request, sorted and with trimmed values. The flow and the upstream get only
 * these headers. `rawHeaders` is Node's list (name, value, name, value …). Throws KQ1_MALFORMED (input) if a signed
 * header is absent or repeated, if a header that must be signed is not, or if Authorization or Host is repeated.
 */
export function collectSignedHeaders(
  rawHeaders: readonly string[],
  signed: readonly string[],
  proxyHeaders?: ReadonlySet<string>,
): HeaderPair[] {
  const found = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!signed.includes(name) && !NEVER_LISTED.has(name)) {
      if (mustBeSigned(name, proxyHeaders))
        throw malformed(
          `the header ${name.slice(0, MAX_NAME_LENGTH)} must be signed`,
          'Add its name to signed and its line to the canonical string.',
        );
      continue;
    }
    if (found.has(name)) throw malformed(`the header ${name} is repeated`, 'Send it once.');
    found.set(name, trimmedValue(name, rawHeaders[index + 1] ?? ''));
  }
  return signed.map((name) => {
    const value = found.get(name);
    if (value === undefined) throw malformed(`the signed header ${name} is absent`, 'Send every header that signed names.');
    return [name, value] as const;
  });
}

/** Returns true if an answer's signature covers the header of this lower-case name. */
export function isAnswerHeaderSigned(name: string): boolean {
  return ANSWER_SIGNED.has(name) || (name.startsWith('x-kq-') && !ANSWER_OWN_LINES.has(name));
}

/** Returns true if a signed header may have this value: at most 8192 characters of visible ASCII, spaces and tabs. */
export function isSignableValue(value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && /^[\t\x20-\x7e]*$/.test(value);
}

/**
 * Returns the headers that an answer's signature covers: with lower-case names, sorted, with trimmed values. Throws
 * KQ1_MALFORMED (input) if one of them is repeated or has a value that cannot be signed.
 */
export function signedAnswerHeaders(headers: Iterable<HeaderPair>): HeaderPair[] {
  const found: HeaderPair[] = [];
  for (const [sentName, value] of headers) {
    const name = sentName.toLowerCase();
    if (!isAnswerHeaderSigned(name)) continue;
    let place = found.length;
    while (place > 0 && found[place - 1]![0] > name) place--;
    if (place > 0 && found[place - 1]![0] === name) throw malformed(`the answer's header ${name} is repeated`, 'Send it once.');
    found.splice(place, 0, [name, trimmedValue(name, value)]);
  }
  return found;
}

/**
 * Returns the value without surrounding spaces. Throws KQ1_MALFORMED (input) if it is too long, or has characters
 * other than visible ASCII, spaces and tabs: how other characters are sent as bytes is not standardised.
 */
export function trimmedValue(name: string, value: string): string {
  if (!isSignableValue(value)) {
    throw malformed(`the value of ${name} is too long or not visible ASCII`, 'Percent-encode other characters, or put them into the body.');
  }
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value, start)) start++;
  while (end > start && isBlank(value, end - 1)) end--;
  return value.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  const char = text[index];
  return char === ' ' || char === '\t';
}

/** Returns true for headers that a proxy between caller and gateway adds. Only the gateway itself reads them. */
export function isProxyHeader(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'x-real-ip' || name === 'x-request-id';
}
