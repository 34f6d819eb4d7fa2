/** The platform's SM2 key that signs answers: made at first start, its private half sealed. */
import { Type } from 'typebox';
import type { GatewayPlan } from '../../gateways/contract.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeyStoreDeps } from './key-store.ts';

export type PlatformKey = GatewayPlan['platformKey'];

interface StoredPlatformKey extends StoredDocument {
  readonly publicPem: string;
  readonly sealedPrivate: string;
}

const platformKeysSpec: CollectionSpec<StoredPlatformKey> = {
  name: 'platform_keys',
  schema: Type.Object({ _id: Type.String(), publicPem: Type.String(), sealedPrivate: Type.String() }, { additionalProperties: false }),
  indexes: [],
};

const KEY_ID = 'p1';
const PLACE = { collection: 'platform_keys', id: KEY_ID, field: 'private' } as const;

export async function openPlatformKey({ documents, crypto, seal }: Omit<KeyStoreDeps, 'clock'>): Promise<PlatformKey> {
  const keys = await documents.open(platformKeysSpec);
  if ((await keys.get(KEY_ID)) === undefined) {
    const made = await crypto.generateKey('SM2-SM3');
    if (!('privatePem' in made)) throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The cryptography made no key pair.');
    // Somebody may be faster: whatever is stored then is the key.
    await keys.insert({ _id: KEY_ID, publicPem: made.publicPem, sealedPrivate: seal.seal(PLACE, made.privatePem) }, { durability: 'full' });
  }
  const stored = await keys.get(KEY_ID);
  if (stored === undefined) throw new AppError('PLATFORM_KEY_MISSING', 'bug', 'The platform key was not kept by the store.');
  return { keyId: KEY_ID, scheme: 'SM2-SM3', publicPem: stored.publicPem, privatePem: seal.openText(PLACE, stored.sealedPrivate) };
}
