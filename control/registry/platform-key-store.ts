/**
 * The platform's own keys: the SM2 key that signs responses, an RSA key for responses of compatibility profiles, and the
 * keys for which callers encrypt. The first SM2 key of each use is generated at the first start. A new key is PENDING, so that callers can fetch it before it is used. Once ACTIVE, it
 * takes the place of the key of the same use and algorithm, which is RETIRING for seven days: a signing key then only
 * verifies, an encryption key still decrypts. Private keys are stored encrypted.
 */
import { Type } from 'typebox';
import type { GatewayPlan, PlatformKey } from '../../gateways/documents/gateway-plan.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Collection, CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { KeyStoreDeps } from './key-store.ts';

export type ShownPlatformKey = Omit<PlatformKey, 'privatePem'>;
export type PlatformKeyKind = Pick<PlatformKey, 'use' | 'algorithm'>;

/** What a plan needs: the key that signs responses now, and all keys with the private halves that gateways use. */
export interface PlatformKeysOfPlan {
  readonly signer: GatewayPlan['platformKey'];
  readonly all: readonly PlatformKey[];
}

export interface PlatformKeyStore {
  list(): Promise<readonly ShownPlatformKey[]>;
  /** Returns the key that signs responses, as last read from the store. */
  signer(): ShownPlatformKey;
  forPlan(): Promise<PlatformKeysOfPlan>;
  /** Generates a PENDING key. Rejects with PLATFORM_KEY_LIMIT (input) while another key of its kind is PENDING. */
  create(kind: PlatformKeyKind): Promise<ShownPlatformKey>;
  /** Makes a PENDING key ACTIVE and retires the one in its place. Rejects with KEY_UNKNOWN (input). */
  activate(keyId: string): Promise<ShownPlatformKey>;
  /** Rejects with PLATFORM_KEY_NEEDED (input) for the SM2 key that signs responses. */
  revoke(keyId: string): Promise<ShownPlatformKey>;
}

/**
 * Time after which a key should be replaced. It still works then, because callers trust the key without an expiry.
 */
export const PLATFORM_KEY_LIFE_MS = 3 * 365 * 86_400_000;
const OVERLAP_MS = 7 * 86_400_000;

/** Keys of older versions have only the first three fields: they sign and are ACTIVE. */
interface StoredPlatformKey extends StoredDocument {
  readonly publicPem: string;
  readonly sealedPrivate: string;
  readonly madeAt?: number;
  readonly use?: PlatformKey['use'];
  readonly algorithm?: PlatformKey['algorithm'];
  readonly state?: PlatformKey['state'];
  readonly activeSince?: number;
  readonly expiresAt?: number;
}

const platformKeysSpec: CollectionSpec<StoredPlatformKey> = {
  name: 'platform_keys',
  schema: Type.Object(
    {
      _id: Type.String(),
      publicPem: Type.String(),
      sealedPrivate: Type.String(),
      madeAt: Type.Optional(Type.Integer()),
      use: Type.Optional(Type.String()),
      algorithm: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      activeSince: Type.Optional(Type.Integer()),
      expiresAt: Type.Optional(Type.Integer()),
    },
    { additionalProperties: false },
  ),
  indexes: [],
};

const SIGNER: PlatformKeyKind = { use: 'sign', algorithm: 'SM2-SM3' };
const RSA_SIGNER: PlatformKeyKind = { use: 'sign', algorithm: 'RSA-SHA256' };
const FIRST_SIGNER = 'p1';
const FIRST_DECRYPTER = 'p2';

export async function openPlatformKeyStore(deps: KeyStoreDeps): Promise<PlatformKeyStore> {
  const store = new StoredPlatformKeys(deps, await deps.documents.open(platformKeysSpec));
  await store.open();
  return store;
}

class StoredPlatformKeys implements PlatformKeyStore {
  readonly #keys: Collection<StoredPlatformKey>;
  readonly #crypto: Crypto;
  readonly #seal: Seal;
  readonly #clock: Clock;
  #signer: ShownPlatformKey | undefined;

  constructor({ crypto, seal, clock }: KeyStoreDeps, keys: Collection<StoredPlatformKey>) {
    this.#keys = keys;
    this.#crypto = crypto;
    this.#seal = seal;
    this.#clock = clock;
  }

  /** Generates the first keys, if no other process has done so. */
  async open(): Promise<void> {
    const known = new Set((await findAll(this.#keys, {})).map(({ _id }) => _id));
    if (!known.has(FIRST_SIGNER)) await this.#generate(FIRST_SIGNER, SIGNER, 'ACTIVE');
    if (!known.has(FIRST_DECRYPTER)) await this.#generate(FIRST_DECRYPTER, { use: 'encrypt', algorithm: 'SM2' }, 'ACTIVE');
    await this.#keys.patchIf(FIRST_SIGNER, { madeAt: { exists: false } }, { set: { madeAt: this.#clock.now() } });
    await this.list();
  }

  async list(): Promise<readonly ShownPlatformKey[]> {
    const stored = await findAll(this.#keys, {});
    this.#signer = shown(signerOf(stored));
    return stored.map(shown).sort((a, b) => numberOf(a.keyId) - numberOf(b.keyId));
  }

  signer(): ShownPlatformKey {
    return this.#signer!;
  }

  async forPlan(): Promise<PlatformKeysOfPlan> {
    const stored = await findAll(this.#keys, {});
    const signer = signerOf(stored);
    this.#signer = shown(signer);
    const { _id: keyId, publicPem } = signer;
    return {
      signer: { keyId, scheme: 'SM2-SM3', publicPem, privatePem: this.#openPrivate(signer) },
      all: stored.map((key) => ({ ...shown(key), ...(isUsedByGateways(key) && { privatePem: this.#openPrivate(key) }) })),
    };
  }

  async create(kind: PlatformKeyKind): Promise<ShownPlatformKey> {
    const known = await findAll(this.#keys, {});
    if (known.some((key) => isOfKind(key, kind) && stateOf(key) === 'PENDING')) throw pendingExists();
    const last = Math.max(...known.map(({ _id }) => numberOf(_id)));
    return this.#generate(`p${last + 1}`, kind, 'PENDING');
  }

  async activate(keyId: string): Promise<ShownPlatformKey> {
    const now = this.#clock.now();
    const change = { set: { state: 'ACTIVE', activeSince: now } };
    const result = await this.#keys.patchIf(keyId, { state: 'PENDING' }, change, { durability: 'full' });
    if (result.outcome !== 'patched') throw keyUnknown();
    const retire = { set: { state: 'RETIRING', expiresAt: now + OVERLAP_MS } };
    for (const key of await findAll(this.#keys, {})) {
      if (key._id === keyId || !isOfKind(key, kindOf(result.document)) || stateOf(key) !== 'ACTIVE') continue;
      await this.#keys.patchIf(key._id, { state: key.state ?? { exists: false } }, retire, { durability: 'full' });
    }
    return shown(result.document);
  }

  async revoke(keyId: string): Promise<ShownPlatformKey> {
    const stored = await this.#keys.get(keyId);
    if (stored === undefined || stateOf(stored) === 'REVOKED') throw keyUnknown();
    if (isOfKind(stored, SIGNER) && stateOf(stored) === 'ACTIVE') throw signerNeeded();
    const match = { state: stored.state ?? { exists: false } };
    const result = await this.#keys.patchIf(keyId, match, { set: { state: 'REVOKED' } }, { durability: 'full' });
    if (result.outcome !== 'patched') throw keyUnknown();
    return shown(result.document);
  }

  /** Stores a new key. If another process has stored one with this id first, that one counts. */
  async #generate(keyId: string, kind: PlatformKeyKind, state: 'PENDING' | 'ACTIVE'): Promise<ShownPlatformKey> {
    const { privatePem, publicPem } = await this.#generatePair(kind.algorithm);
    const madeAt = this.#clock.now();
    const made = {
      ...{ _id: keyId, publicPem, sealedPrivate: this.#seal.seal(placeOf(keyId), privatePem), madeAt, ...kind, state },
      ...(state === 'ACTIVE' && { activeSince: madeAt }),
    };
    await this.#keys.insert(made, { durability: 'full' });
    return shown((await this.#keys.get(keyId)) ?? made);
  }

  async #generatePair(algorithm: PlatformKey['algorithm']): Promise<{ privatePem: string; publicPem: string }> {
    if (algorithm !== 'SM2-SM3' && algorithm !== 'RSA-SHA256') return this.#crypto.generateEncryptionKey(algorithm);
    const made = await this.#crypto.generateKey(algorithm);
    if ('privatePem' in made) return made;
    throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The crypto backend returned no key pair.');
  }

  #openPrivate({ _id, sealedPrivate }: StoredPlatformKey): string {
    return this.#seal.openText(placeOf(_id), sealedPrivate);
  }
}

function signerOf(keys: readonly StoredPlatformKey[]): StoredPlatformKey {
  const signers = keys.filter((key) => isOfKind(key, SIGNER) && stateOf(key) === 'ACTIVE');
  const latest = signers.sort((a, b) => (b.activeSince ?? 0) - (a.activeSince ?? 0))[0];
  if (latest !== undefined) return latest;
  throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The store has no platform key that signs.');
}

function isUsedByGateways(key: StoredPlatformKey): boolean {
  if (isOfKind(key, RSA_SIGNER)) return stateOf(key) === 'ACTIVE';
  return kindOf(key).use === 'encrypt' && (stateOf(key) === 'ACTIVE' || stateOf(key) === 'RETIRING');
}

function isOfKind(key: StoredPlatformKey, { use, algorithm }: PlatformKeyKind): boolean {
  const own = kindOf(key);
  return own.use === use && own.algorithm === algorithm;
}

function kindOf({ use = 'sign', algorithm = 'SM2-SM3' }: StoredPlatformKey): PlatformKeyKind {
  return { use, algorithm };
}

function stateOf({ state = 'ACTIVE' }: StoredPlatformKey): PlatformKey['state'] {
  return state;
}

function shown(key: StoredPlatformKey): ShownPlatformKey {
  const { _id: keyId, publicPem, madeAt = 0, expiresAt } = key;
  return { keyId, ...kindOf(key), state: stateOf(key), publicPem, madeAt, ...(expiresAt !== undefined && { expiresAt }) };
}

function numberOf(keyId: string): number {
  return Number(keyId.slice(1));
}

function placeOf(id: string) {
  return { collection: 'platform_keys', id, field: 'private' } as const;
}

function keyUnknown(): AppError {
  return new AppError('KEY_UNKNOWN', 'input', 'The platform has no key with this id in a state that allows this.', {
    values: { problem: 'platform' },
    fix: 'List the keys of the platform to see their states.',
  });
}

function pendingExists(): AppError {
  return new AppError('PLATFORM_KEY_LIMIT', 'input', 'A key of this use and algorithm is PENDING already.', {
    fix: 'Activate that key, or revoke it.',
  });
}

function signerNeeded(): AppError {
  return new AppError('PLATFORM_KEY_NEEDED', 'input', 'This key signs the responses of the platform and cannot be revoked.', {
    fix: 'Create and activate another signing key first; then revoke this one.',
  });
}
