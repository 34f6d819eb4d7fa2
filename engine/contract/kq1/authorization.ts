import { malformed } from './malformed.ts';
import { isSignableName, MAX_SIGNED_HEADERS } from './headers.ts';
import { KQ1_SCHEMES, type Kq1Scheme } from './schemes.ts';

/** The content of the header `Authorization: KQ1-…`. */
export interface Kq1Authorization {
  readonly scheme: Kq1Scheme;
  readonly appId: string;
  readonly keyId: string;
  /** Epoch milliseconds as text, exactly as signed. */
  readonly ts: string;
  /** 16 random bytes, base64url: 22 characters. */
  readonly nonce: string;
  /** Names of the signed headers: lower case, sorted, without duplicates. */
  readonly signed: readonly string[];
  /** The signature, base64url. */
  readonly sig: string;
}

const MAX_HEADER_LENGTH = 4096;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const EPOCH_MS = /^[1-9][0-9]{0,14}$/;
const NONCE_LENGTH = 22;
/** The signature length of RSA-8192. */
const MAX_SIG_LENGTH = 1366;
const MIN_SIG_LENGTH = 43;
const SCHEMES = KQ1_SCHEMES.map((scheme) => ({ scheme, opening: `KQ1-${scheme} ` }));
const FIELDS = ['appid', 'keyid', 'ts', 'nonce', 'signed', 'sig'].map((name, index) => ({
  name,
  opening: `${index === 0 ? '' : ','}${name}="`,
}));
const EXAMPLE = 'Write: KQ1-SM2-SM3 appid="…",keyid="…",ts="…",nonce="…",signed="…",sig="…" in this order, without further spaces.';

/**
 * Parses `KQ1-<scheme> appid="…",keyid="…",ts="…",nonce="…",signed="a;b",sig="…"`: these fields in this order, once
 * each, without extra spaces. Each content has exactly one valid form, so `formatAuthorization` returns the same text
 * again. Throws KQ1_MALFORMED (input) if the header has any other form.
 */
export function parseAuthorization(header: string): Kq1Authorization {
  if (header.length > MAX_HEADER_LENGTH) throw malformed('the Authorization header is too long', 'Sign fewer headers.');
  const known = SCHEMES.find(({ opening }) => header.startsWith(opening));
  if (known === undefined)
    throw malformed('the Authorization header names no KQ1 scheme', `Use one of: ${KQ1_SCHEMES.map((name) => `KQ1-${name}`).join(', ')}.`);
  const { scheme, opening } = known;
  const values = readFields(header, opening.length);
  const [appId = '', keyId = '', ts = '', nonce = '', signed = '', sig = ''] = values;
  const authorization: Kq1Authorization = { scheme, appId, keyId, ts, nonce, signed: signed === '' ? [] : signed.split(';'), sig };
  requireIdentity(authorization);
  requireSigned(authorization.signed);
  if (sig.length < MIN_SIG_LENGTH || sig.length > MAX_SIG_LENGTH || !isCanonicalBase64url(sig))
    throw malformed('sig is not canonical base64url', EXAMPLE);
  return authorization;
}

/** Formats the header; the inverse of `parseAuthorization`. */
export function formatAuthorization(a: Kq1Authorization): string {
  return `KQ1-${a.scheme} appid="${a.appId}",keyid="${a.keyId}",ts="${a.ts}",nonce="${a.nonce}",signed="${a.signed.join(';')}",sig="${a.sig}"`;
}

/**
 * Checks the four values of the canonical string's identity line. Throws KQ1_MALFORMED (input) if one has the wrong
 * form.
 */
export function requireIdentity(part: Pick<Kq1Authorization, 'appId' | 'keyId' | 'ts' | 'nonce'>): void {
  if (!NAME.test(part.appId)) throw malformed('appid is not 1 to 64 of A-Z a-z 0-9 _ -', 'Use the app id as issued.');
  if (!NAME.test(part.keyId)) throw malformed('keyid is not 1 to 64 of A-Z a-z 0-9 _ -', 'Use the key id as issued.');
  if (!EPOCH_MS.test(part.ts))
    throw malformed('ts is not a time in epoch milliseconds', 'Send the current time in milliseconds since 1970 as digits.');
  if (part.nonce.length !== NONCE_LENGTH || !isCanonicalBase64url(part.nonce)) {
    throw malformed('nonce is not 22 characters of canonical base64url', 'Encode 16 fresh random bytes as base64url without padding.');
  }
}

/**
 * Returns true for canonical base64url: without padding, and with the unused last bits zero. Only this form is the
 * same text after decoding and encoding.
 */
export function isCanonicalBase64url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  const last = text.slice(-1);
  return rest === 2 ? 'AQgw'.includes(last) : rest === 3 && 'AEIMQUYcgkosw048'.includes(last);
}

function readFields(header: string, start: number): string[] {
  const values: string[] = [];
  let at = start;
  for (const { name, opening } of FIELDS) {
    if (!header.startsWith(opening, at)) throw malformed(`${name} is in the wrong place in the Authorization header`, EXAMPLE);
    const from = at + opening.length;
    const to = header.indexOf('"', from);
    if (to < 0) throw malformed(`the value of ${name} has no end`, EXAMPLE);
    values.push(header.slice(from, to));
    at = to + 1;
  }
  if (at !== header.length) throw malformed('there is text after the last field of the Authorization header', EXAMPLE);
  return values;
}

function requireSigned(names: readonly string[]): void {
  if (names.length > MAX_SIGNED_HEADERS) throw malformed('too many signed headers', `Sign at most ${MAX_SIGNED_HEADERS}.`);
  let before = '';
  for (const name of names) {
    if (!isSignableName(name) || before >= name) {
      throw malformed(
        'signed is not a sorted list of distinct lower-case header names',
        'Write names like content-type;x-kq-trace, sorted, joined by semicolons.',
      );
    }
    before = name;
  }
}
