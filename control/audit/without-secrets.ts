/** Hides secrets in documents for the audit trail and exports. Replaces values whose names suggest a secret. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';

const SECRET_NAME = /pass(word|wd|phrase)?$|secret|token|credential(s|value)|private|apikey|api-key|authorization/i;
/** The address of a token server is no secret: the trail must show where a secret is sent. Its user info is masked. */
const ADDRESS_NAME = /(url|uri|endpoint)$/i;
const SHOWN = '***';
const MAX_TEXT = 2000;

/** Masks secrets for the audit trail. Also cuts long texts, because audit lines must stay short. */
export function withoutSecrets(value: unknown): unknown {
  return masked(value, MAX_TEXT, 0);
}

/** Masks secrets in values that a program reads again; does not cut texts. */
export function maskSecrets(value: unknown): unknown {
  return masked(value, Infinity, 0);
}

function masked(value: unknown, maxText: number, depth: number): unknown {
  if (typeof value === 'string') return cut(withoutUserInfo(value), maxText);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 20) return '…';
  if (Array.isArray(value)) return value.map((item) => masked(item, maxText, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, isSecret(key, field) ? SHOWN : masked(field, maxText, depth + 1)]),
  );
}

/**
 * Cuts a long text. Call it after masking: cutting inside the user info of a URL would leave the first part visible.
 */
function cut(text: string, maxText: number): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

/**
 * Returns `incoming` with masked texts replaced by the stored ones. If nothing else differs, all of them are replaced.
 * Otherwise only masked user info in a URL is replaced, and only if the rest of the URL is unchanged. Then nobody can
 * send stored user info to another host. A field that is masked because of its name stays masked: it does not show
 * where its value is sent.
 */
export function unmasked(incoming: unknown, stored: unknown): unknown {
  return isDeepStrictEqual(incoming, maskSecrets(stored)) ? stored : unmaskedTexts(incoming, stored);
}

function unmaskedTexts(incoming: unknown, stored: unknown): unknown {
  if (Array.isArray(incoming)) {
    const before = Array.isArray(stored) ? stored : [];
    return incoming.map((item, index) => unmaskedTexts(item, before[index]));
  }
  if (!isRecord(incoming)) return isMaskOf(incoming, stored) ? stored : incoming;
  const before = isRecord(stored) ? stored : {};
  return Object.fromEntries(
    Object.entries(incoming).map(([key, field]) => [key, unmaskedTexts(field, Object.hasOwn(before, key) ? before[key] : undefined)]),
  );
}

/**
 * Returns true if the text is the stored one with its secrets masked. Exports of 0.1.0 also cut long texts, so the
 * stored text may also be cut.
 */
function isMaskOf(incoming: unknown, stored: unknown): boolean {
  return typeof stored === 'string' && (maskSecrets(stored) === incoming || withoutSecrets(stored) === incoming);
}

/** Returns JSON Pointers of texts that are masked or were cut. */
export function maskedPlaces(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'string') return value.includes(`://${SHOWN}@`) || isCut(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const place = path + pointerStep(key);
    return isSecret(key, field) && field === SHOWN ? [place] : maskedPlaces(field, place);
  });
}

function isCut(text: string): boolean {
  return text.length === MAX_TEXT + 1 && text.endsWith('…');
}

function isSecret(key: string, field: unknown): boolean {
  return SECRET_NAME.test(key) && !ADDRESS_NAME.test(key) && typeof field === 'string';
}

/** Masks the user info of `https://user:password@host`. */
function withoutUserInfo(text: string): string {
  return text.replace(/:\/\/[^/@\s]{1,200}@/g, `://${SHOWN}@`);
}
