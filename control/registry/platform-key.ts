/**
 * The platform's SM2 key that signs responses. It is generated at the first start, and its private key is stored
 * encrypted.
 */
import { Type } from 'typebox';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeyStoreDeps } from './key-store.ts';

export type PlatformKey = GatewayPlan['platformKey'];

export interface OpenedPlatformKey {
  readonly key: PlatformKey;
  /**
   * Time when the key was generated. Versions that did not store this time left it out; then it is the time when a
   * later version first opened the key.
   */
  readonly madeAt: number;
}

/**
 * Time after which the key should be replaced. It still works then, because callers trust the key without an expiry.
 */
export const PLATFORM_KEY_LIFE_MS = 3 * 365 * 86_400_000;

interface StoredPlatformKey extends StoredDocument {
  readonly publicPem: string;
  readonly sealedPrivate: string;
  readonly madeAt?: number;
}

const platformKeysSpec: CollectionSpec<StoredPlatformKey> = {
  name: 'platform_keys',
  schema: Type.Object(
    { _id: Type.String(), publicPem: Type.String(), sealedPrivate: Type.String(), madeAt: Type.Optional(Type.Integer()) },
    { additionalProperties: false },
  ),
  indexes: [],
};

const KEY_ID = 'p1';
const PLACE = { collection: 'platform_keys', id: KEY_ID, field: 'private' } as const;

export async function openPlatformKey({ documents, crypto, seal, clock }: KeyStoreDeps): Promise<OpenedPlatformKey> {
  const keys = await documents.open(platformKeysSpec);
  if ((await keys.get(KEY_ID)) === undefined) {
    const made = await crypto.generateKey('SM2-SM3');
    if (!('privatePem' in made)) throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The crypto backend returned no key pair.');
    // If another process stored a key first, that key is used.
    const sealedPrivate = seal.seal(PLACE, made.privatePem);
    await keys.insert({ _id: KEY_ID, publicPem: made.publicPem, sealedPrivate, madeAt: clock.now() }, { durability: 'full' });
  }
  await keys.patchIf(KEY_ID, { madeAt: { exists: false } }, { set: { madeAt: clock.now() } });
  const stored = await keys.get(KEY_ID);
  if (stored === undefined) throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The store did not keep the platform key.');
  const { publicPem, sealedPrivate, madeAt = clock.now() } = stored;
  return { key: { keyId: KEY_ID, scheme: 'SM2-SM3', publicPem, privatePem: seal.openText(PLACE, sealedPrivate) }, madeAt };
}
