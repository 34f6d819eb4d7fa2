/**
 * The keys of apps: those that sign requests, and those for which the platform encrypts. A key is PENDING until its
 * holder proves to have the private key. An app has at most two ACTIVE keys of each purpose and
 * compatibility profile: each takes one of two
 * numbered seats, and a unique index prevents that two keys take the same seat. A RETIRING key still verifies for seven days. A REVOKED key is missing from the next plan. Secrets of the
 * HMAC schemes are generated here, shown once, and stored encrypted.
 */
import { Type } from 'typebox';
import { profileOfScheme } from '../../engine/contract/compatibility/profiles.ts';
import { algorithmOf, type AppKeyDocument } from '../../gateways/documents/caller-documents.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto, KeyHandle } from '../../engine/contract/ports/crypto.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';
import type { Seal, SealPlace } from '../../engine/contract/values/seal.ts';

/** The public part of a key, without its secret. */
export type AppKey = Omit<AppKeyDocument, 'sealedSecret'>;
type Scheme = AppKeyDocument['scheme'];
type KeyPurpose = NonNullable<AppKeyDocument['purpose']>;

interface StoredKey extends StoredDocument {
  readonly document: AppKeyDocument;
  /**
   * `<appId>|1` or `<appId>|2` while ACTIVE; `<appId>|encrypt|1` or `…|2` for an encryption key, and the name of a
   * compatibility profile in this place for a key of it.
   */
  readonly seat?: string;
  readonly challenge?: string;
  readonly challengeEndsAt?: number;
}

const keysSpec: CollectionSpec<StoredKey> = {
  name: 'app_keys',
  schema: Type.Object({ _id: Type.String(), document: Type.Object({}, { additionalProperties: true }) }, { additionalProperties: true }),
  indexes: [
    { name: 'seat', fields: ['seat'], unique: true },
    { name: 'by_app', fields: ['document.appId'] },
  ],
};

interface WantedSecret {
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Scheme;
  readonly expiresAt?: number;
}

interface UploadedKey extends WantedSecret {
  readonly publicPem: string;
  readonly purpose?: KeyPurpose;
}

export interface KeyStore {
  list(appId?: string): Promise<readonly AppKey[]>;
  /**
   * Stores a PENDING key, which replaces a PENDING key with the same id, and returns the text that the holder must
   * sign. Rejects with KEY_INVALID (input) if the key is weak or does not fit the scheme, and with KEY_EXISTS (input) if
   * its public key signs under another key id, of any app, that is not revoked.
   */
  upload(key: UploadedKey): Promise<{ readonly key: AppKey; readonly challenge: string }>;
  /**
   * Makes the key ACTIVE. Rejects with KEY_PROOF_WRONG (input) unless `signature` (base64url) is a valid signature of
   * the challenge, which must not be older than 15 minutes.
   */
  activate(appId: string, keyId: string, signature: string): Promise<AppKey>;
  /** Generates a secret for an HMAC scheme and returns it; it cannot be read later. */
  createSecret(key: WantedSecret): Promise<{ readonly key: AppKey; readonly secret: string }>;
  /** Retires the key. It expires in seven days, or at its present expiry if that is earlier. */
  retire(appId: string, keyId: string): Promise<AppKey>;
  revoke(appId: string, keyId: string): Promise<AppKey>;
  removeAll(appId: string): Promise<void>;
  /** Returns the usable keys with their secrets, for the plan. */
  forPlan(): Promise<readonly (AppKey & { readonly secret?: string })[]>;
}

export interface KeyStoreDeps {
  readonly documents: Documents;
  readonly crypto: Crypto;
  readonly seal: Seal;
  readonly clock: Clock;
}

const CHALLENGE_MS = 15 * 60_000;
const SEATS = [1, 2];
/** Maximum number of keys per app that are PENDING, ACTIVE or RETIRING and not expired. */
const LIVE_KEYS_PER_APP = 20;
const OVERLAP_MS = 7 * 86_400_000;

export async function openKeyStore(deps: KeyStoreDeps): Promise<KeyStore> {
  return new AppKeyStore(deps, await deps.documents.open(keysSpec));
}

class AppKeyStore implements KeyStore {
  readonly #keys: Collection<StoredKey>;
  readonly #crypto: Crypto;
  readonly #seal: Seal;
  readonly #clock: Clock;

  constructor({ crypto, seal, clock }: KeyStoreDeps, keys: Collection<StoredKey>) {
    this.#keys = keys;
    this.#crypto = crypto;
    this.#seal = seal;
    this.#clock = clock;
  }

  async list(appId?: string): Promise<readonly AppKey[]> {
    return (await findAll(this.#keys, appId === undefined ? {} : { 'document.appId': appId })).map(shown);
  }

  async upload({ appId, keyId, scheme, publicPem, purpose = 'sign', expiresAt }: UploadedKey): Promise<{ key: AppKey; challenge: string }> {
    if (scheme.startsWith('HMAC')) throw madeHere(scheme);
    if (purpose === 'encrypt' && profileOfScheme(scheme) !== undefined) throw signsOnly(scheme);
    const { fingerprint } = this.#crypto.importKey({ format: 'pem', pem: publicPem }, algorithmOf(scheme), 'public');
    const nonce = Buffer.from(this.#crypto.randomBytes(24)).toString('base64url');
    const challenge = ['KQ1-KEY-PROOF', appId, keyId, scheme, fingerprint, nonce].join('\n');
    const now = this.#clock.now();
    const document = newKey({ appId, keyId, scheme, fingerprint, expiresAt, purpose }, now, { publicPem });
    const record = { _id: keyRowId(appId, keyId), document, challenge, challengeEndsAt: now + CHALLENGE_MS };
    await this.#requireOwnKeyPair(record);
    await this.#insert(record);
    try {
      // Of two that are uploaded at once, at least one sees the other here.
      await this.#requireOwnKeyPair(record);
    } catch (error) {
      await this.#keys.remove(record._id);
      throw error;
    }
    return { key: shown(record), challenge };
  }

  async activate(appId: string, keyId: string, signature: string): Promise<AppKey> {
    const stored = await this.#keys.get(keyRowId(appId, keyId));
    if (stored?.challenge === undefined || stored.document.state !== 'PENDING') throw keyUnknown();
    if ((stored.challengeEndsAt ?? 0) <= this.#clock.now()) throw proofWrong('The challenge is older than 15 minutes.', 'late');
    if (!(await verifyProof(this.#crypto, stored.document, stored.challenge, signature)))
      throw proofWrong('The signature of the challenge does not verify.', 'signature');
    return this.#takeSeat(stored);
  }

  async createSecret({ appId, keyId, scheme, expiresAt }: WantedSecret): Promise<{ key: AppKey; secret: string }> {
    const made = await this.#crypto.generateKey(algorithmOf(scheme));
    if (!('secret' in made)) throw madeByHolder(scheme);
    const _id = keyRowId(appId, keyId);
    const { fingerprint } = hmacHandle(this.#crypto, scheme, made.secret);
    const sealedSecret = this.#seal.seal(placeOf(_id), made.secret);
    const document = newKey({ appId, keyId, scheme, fingerprint, expiresAt }, this.#clock.now(), { sealedSecret });
    const record = { _id, document };
    await this.#insert(record);
    try {
      return { key: await this.#takeSeat(record), secret: made.secret };
    } catch (error) {
      await this.#keys.remove(_id);
      throw error;
    }
  }

  async retire(appId: string, keyId: string): Promise<AppKey> {
    const expiresAt = (await this.#keys.get(keyRowId(appId, keyId)))?.document.expiresAt ?? Infinity;
    const end = Math.min(expiresAt, this.#clock.now() + OVERLAP_MS);
    return this.#leave(appId, keyId, ['ACTIVE'], { 'document.state': 'RETIRING', 'document.expiresAt': end });
  }

  revoke(appId: string, keyId: string): Promise<AppKey> {
    return this.#leave(appId, keyId, ['PENDING', 'ACTIVE', 'RETIRING'], { 'document.state': 'REVOKED' });
  }

  async removeAll(appId: string): Promise<void> {
    for (const key of await findAll(this.#keys, { 'document.appId': appId })) await this.#keys.remove(key._id);
  }

  async forPlan(): Promise<readonly (AppKey & { readonly secret?: string })[]> {
    const usable = await findAll(this.#keys, { 'document.state': { in: ['ACTIVE', 'RETIRING'] } });
    return usable.map((stored) => {
      const { sealedSecret } = stored.document;
      if (sealedSecret === undefined) return shown(stored);
      return { ...shown(stored), secret: this.#seal.openText(placeOf(stored._id), sealedSecret) };
    });
  }

  async #insert(record: StoredKey): Promise<void> {
    await this.#requireRoom(record);
    if ((await this.#keys.insert(record, { durability: 'full' })).inserted) return;
    const isUploaded = record.challenge !== undefined;
    const unproved = { 'document.state': 'PENDING', challenge: { exists: true } };
    if (isUploaded && (await this.#keys.replaceIf(record, unproved, { durability: 'full' })).outcome === 'patched') return;
    throw new AppError('KEY_EXISTS', 'input', 'This app already has a key with that id.', { fix: 'Choose another keyId.' });
  }

  /** A signature must prove one key of one app: some forms of signatures cover neither the app nor the key id. */
  async #requireOwnKeyPair({ _id, document: { fingerprint, purpose } }: StoredKey): Promise<void> {
    if (purpose === 'encrypt') return;
    const isSigning = (other: StoredKey) => other._id !== _id && other.document.state !== 'REVOKED' && other.document.purpose !== 'encrypt';
    if (!(await findAll(this.#keys, { 'document.fingerprint': fingerprint })).some(isSigning)) return;
    throw new AppError('KEY_EXISTS', 'input', 'This public key is registered under another key id already.', {
      values: { problem: 'public-key' },
      fix: 'Make a new key pair: each key id needs one of its own.',
    });
  }

  async #requireRoom(record: StoredKey): Promise<void> {
    const isLive = ({ _id, document: { state, expiresAt = Infinity } }: StoredKey) =>
      _id !== record._id && state !== 'REVOKED' && expiresAt > this.#clock.now();
    const { appId } = record.document;
    if ((await findAll(this.#keys, { 'document.appId': appId })).filter(isLive).length < LIVE_KEYS_PER_APP) return;
    throw new AppError('KEY_LIMIT', 'input', `An app holds at most ${LIVE_KEYS_PER_APP} keys that are neither revoked nor expired.`, {
      values: { limit: LIVE_KEYS_PER_APP },
      fix: 'Revoke one that is not used any more.',
    });
  }

  /** Makes a PENDING key ACTIVE in a free seat. Rejects if another key replaced the one that was read. */
  async #takeSeat({ _id, document: { appId, fingerprint, purpose, scheme } }: StoredKey): Promise<AppKey> {
    const row = purpose === 'encrypt' ? `${appId}|encrypt` : profileOfScheme(scheme) === undefined ? appId : `${appId}|${scheme}`;
    for (const seat of SEATS) {
      const patch = {
        set: { seat: `${row}|${seat}`, 'document.state': 'ACTIVE' },
        unset: ['challenge', 'challengeEndsAt'],
        inc: { 'document.revision': 1 },
      };
      const match = { 'document.state': 'PENDING', 'document.fingerprint': fingerprint };
      const result = await this.#keys.patchIf(_id, match, patch, { durability: 'full' });
      if (result.outcome === 'patched') return shown(result.document);
      if (result.outcome === 'no-match') throw keyUnknown();
    }
    throw new AppError('KEY_LIMIT', 'input', 'This app already has two ACTIVE keys.', {
      values: { problem: 'active' },
      fix: 'Retire one of them first.',
    });
  }

  /** Changes the state of the key and releases its seat, if it has one. */
  async #leave(appId: string, keyId: string, from: readonly string[], set: Readonly<Record<string, unknown>>): Promise<AppKey> {
    const patch = { set, unset: ['seat', 'challenge', 'challengeEndsAt'], inc: { 'document.revision': 1 } };
    const match = { 'document.state': { in: from } };
    const result = await this.#keys.patchIf(keyRowId(appId, keyId), match, patch, { durability: 'full' });
    if (result.outcome === 'patched') return shown(result.document);
    throw keyUnknown();
  }
}

interface NewKey {
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Scheme;
  readonly fingerprint: string;
  readonly expiresAt: number | undefined;
  readonly purpose?: KeyPurpose;
}

function newKey(
  { expiresAt, purpose, ...key }: NewKey,
  createdAt: number,
  material: { publicPem: string } | { sealedSecret: string },
): AppKeyDocument {
  return {
    ...key,
    ...material,
    ...(purpose === 'encrypt' && { purpose }),
    ...{ revision: 1, state: 'PENDING', createdAt },
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

async function verifyProof(
  crypto: Crypto,
  { publicPem = '', scheme }: AppKeyDocument,
  challenge: string,
  signature: string,
): Promise<boolean> {
  const key = crypto.importKey({ format: 'pem', pem: publicPem }, algorithmOf(scheme), 'public');
  return crypto.verify(key, Buffer.from(challenge), Buffer.from(signature, 'base64url'));
}

/** Returns the handle of an HMAC key. Its bytes are decoded from base64url, as signers do (docs/signing.md). */
function hmacHandle(crypto: Crypto, scheme: Scheme, secret: string): KeyHandle {
  return crypto.importKey({ format: 'raw', bytes: Buffer.from(secret, 'base64url') }, algorithmOf(scheme), 'secret');
}

function keyRowId(appId: string, keyId: string): string {
  return `${appId}|${keyId}`;
}

function placeOf(id: string): SealPlace {
  return { collection: 'app_keys', id, field: 'secret' };
}

function shown({ document: { sealedSecret: _sealed, ...key } }: StoredKey): AppKey {
  return key;
}

function keyUnknown(): AppError {
  return new AppError('KEY_UNKNOWN', 'input', 'This app has no key with this id in a state that allows this.', {
    fix: "List the app's keys to see their states.",
  });
}

function madeHere(scheme: Scheme): AppError {
  return new AppError('KEY_INVALID', 'input', `A ${scheme} secret is created here, not uploaded.`, {
    values: { problem: 'made-here', scheme },
    fix: 'Create one with POST …/keys/secrets.',
  });
}

function signsOnly(scheme: Scheme): AppError {
  return new AppError('KEY_INVALID', 'input', `A key of the compatibility profile ${scheme} cannot be used for encryption.`, {
    values: { problem: 'signs-only', scheme },
    fix: 'Choose a scheme of KQ1 for an encryption key.',
  });
}

function madeByHolder(scheme: Scheme): AppError {
  return new AppError('KEY_INVALID', 'input', `${scheme} keys are created by the caller.`, {
    values: { problem: 'made-by-holder', scheme },
    fix: 'Upload the public key instead.',
  });
}

function proofWrong(message: string, problem: string): AppError {
  return new AppError('KEY_PROOF_WRONG', 'input', message, {
    values: { problem },
    fix: 'Upload the key again and sign the new challenge, unchanged, with its private key.',
  });
}
