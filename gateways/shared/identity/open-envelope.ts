import { Envelope } from '../../../engine/contract/kq1/envelope-schema.ts';
import { envelopeAad, type EnvelopeDirection, type Kq1Authorization } from '../../../engine/contract/kq1/kq1.ts';
import type { ContentCipher, ContentKey, EncryptedContent, EncryptionKey } from '../../../engine/contract/ports/encryption.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Exchange, PolicyDeps } from '../../contract.ts';
import type { CheckedJson } from '../../json-reading.ts';
import { createCheckedSchema } from '../create-checked-schema.ts';

/** How long a content key is kept. Its sender may use it for as long (docs/signing.md). */
export const CONTENT_KEY_MS = 10 * 60_000;
const MOST_KEYS = 10_000;
const SCHEMA = createCheckedSchema({ ...Envelope });

/**
 * Keeps promised values for ten minutes, at most 10,000 of them. A value that is `undefined`, or fails, is not kept.
 */
export interface KeyCache<Value> {
  get(key: string, make: () => Promise<Value | undefined>): Promise<Value | undefined>;
}

export function createKeyCache<Value>(clock: Pick<Clock, 'now'>): KeyCache<Value> {
  const kept = new Map<string, { readonly value: Promise<Value | undefined>; readonly endsAt: number }>();
  return {
    get(key, make) {
      const now = clock.now();
      const found = kept.get(key);
      if (found !== undefined && now < found.endsAt) return found.value;
      kept.delete(key);
      // All are kept equally long, so the first is the oldest.
      const oldest = kept.keys().next().value;
      if (kept.size >= MOST_KEYS && oldest !== undefined) kept.delete(oldest);
      const entry = { value: make(), endsAt: now + CONTENT_KEY_MS };
      kept.set(key, entry);
      const forget = () => {
        if (kept.get(key) === entry) kept.delete(key);
      };
      entry.value.then((value) => value ?? forget(), forget);
      return entry.value;
    },
  };
}

/** Returns the additional data of an envelope (see `envelopeAad`). */
export function aadOf(exchange: Exchange, direction: EnvelopeDirection): Buffer {
  const { method, host, rawPath: path, rawQuery: query } = exchange;
  return Buffer.from(envelopeAad({ ...authorizationOf(exchange), method, host, path, query }, direction), 'latin1');
}

/** Returns the KQ1 authorization of a request with an envelope; other requests have none. */
export function authorizationOf({ claim }: Exchange): Kq1Authorization {
  if (claim?.kind !== 'kq1') throw new TypeError('only requests of KQ1 have envelopes');
  return claim.authorization;
}

export type OpenedEnvelope = { readonly plain: Uint8Array } | Extract<CheckedJson, { problem: string }> | undefined;

export interface EnvelopeOpening {
  readonly cipher: ContentCipher;
  readonly keys: KeyCache<ContentKey>;
  /** Returns the platform's private key of this id. */
  decryptionKey(keyId: string): EncryptionKey | undefined;
}

/**
 * Opens the envelope in the request's body. Returns a problem only when threads are busy; for whatever is wrong with
 * the envelope itself it returns undefined, and nothing tells what it was.
 */
export async function openEnvelope(
  exchange: Exchange,
  { cipher, keys, decryptionKey }: EnvelopeOpening,
  { json, crypto }: Pick<PolicyDeps, 'json' | 'crypto'>,
): Promise<OpenedEnvelope> {
  const read = await json.readChecked(exchange.body!, SCHEMA, exchange, true);
  if ('problem' in read && read.isBusy) return read;
  if (!('value' in read)) return undefined;
  const envelope = read.value as Envelope;
  const own = envelope.enc === cipher ? decryptionKey(envelope.kid) : undefined;
  const encryptedKey = decode(envelope.ek);
  const content = contentOf(envelope);
  if (own === undefined || encryptedKey === undefined || content === undefined) return undefined;
  const { appId, keyId } = authorizationOf(exchange);
  const name = Buffer.from(crypto.digest('sha256', `${appId} ${keyId} ${cipher} ${envelope.kid} ${envelope.ek}`)).toString('base64');
  const key = await keys.get(name, () => crypto.openContentKey(cipher, encryptedKey, own));
  const plain = key && (await crypto.decryptContent(key, aadOf(exchange, 'request'), content));
  return plain && { plain };
}

function contentOf({ iv, ct, tag }: Envelope): EncryptedContent | undefined {
  const [ivBytes, ciphertext, tagBytes] = [decode(iv), decode(ct), decode(tag)];
  if (ivBytes === undefined || ciphertext === undefined || tagBytes === undefined) return undefined;
  return { iv: ivBytes, ciphertext, tag: tagBytes };
}

/** Decodes base64url. Other characters would be skipped, so a text that has them gives too few bytes. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === Math.floor((text.length * 3) / 4) ? bytes : undefined;
}
