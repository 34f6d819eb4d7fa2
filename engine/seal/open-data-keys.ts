import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { DataKey, DataKeys } from '../contract/values/seal.ts';

/** A data key as stored: encrypted by the key-encryption key and bound to its id. */
interface StoredKey extends StoredDocument {
  /** `d` and the number of the day (days since 1970-01-01), or `token`. */
  readonly _id: string;
  /** Base64 of iv (16) · SM4-CBC · HMAC-SM3 (32). */
  readonly wrapped: string;
  readonly createdAt: number;
}

export const dataKeysSpec: CollectionSpec<StoredKey> = {
  name: 'data_keys',
  schema: Type.Object({ _id: Type.String(), wrapped: Type.String(), createdAt: Type.Integer() }, { additionalProperties: false }),
  indexes: [],
};

const DAY_MS = 86_400_000;
const PAGE = 1000;

/**
 * Opens the data keys of the store and decrypts them with `kek` (32 bytes). Creates those of today and tomorrow if they
 * do not exist. Call `rotate` daily. Rejects with SEAL_KEK_WRONG (input) if `kek` does not have 32 bytes, or if the
 * data keys were encrypted with another key-encryption key.
 */
export async function openDataKeys(options: {
  readonly documents: Documents;
  readonly kek: Uint8Array;
  readonly clock: Clock;
}): Promise<DataKeys> {
  const { clock } = options;
  const wrapper = createWrapper(options.kek);
  const stored = await options.documents.open(dataKeysSpec);
  const keys = new Map<number, DataKey>();
  let newest: DataKey | undefined;

  function learn({ _id, wrapped }: StoredKey): DataKey {
    const number = _id === 'token' ? 0 : Number(_id.slice(1));
    const key = keys.get(number) ?? createDataKey(number, wrapper.unwrap(_id, wrapped));
    keys.set(number, key);
    return key;
  }

  async function ensure(id: string): Promise<DataKey> {
    return learn(await getOrMake(stored, id, () => ({ _id: id, wrapped: wrapper.wrap(id, randomBytes(32)), createdAt: clock.now() })));
  }

  async function rotate() {
    for await (const key of allKeys(stored)) learn(key);
    const today = Math.floor(clock.now() / DAY_MS);
    newest = await ensure(`d${today}`);
    await ensure(`d${today + 1}`);
  }

  await rotate();
  const token = await ensure('token');
  return {
    current: () => keys.get(Math.floor(clock.now() / DAY_MS)) ?? newest!,
    get(number) {
      const key = number === 0 ? undefined : keys.get(number);
      if (!key) throw keyMissing(number);
      return key;
    },
    token,
    rotate,
  };
}

async function* allKeys(stored: Collection<StoredKey>): AsyncGenerator<StoredKey> {
  let after: string | undefined;
  do {
    const page = await stored.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    after = page.length === PAGE ? page.at(-1)!._id : undefined;
  } while (after !== undefined);
}

/**
 * Returns the stored key, or creates it. Several processes may create the key of the same day. The first insert
 * succeeds, and all processes use its key.
 */
async function getOrMake(stored: Collection<StoredKey>, id: string, make: () => StoredKey): Promise<StoredKey> {
  const known = await stored.get(id);
  if (known) return known;
  const made = make();
  const result = await stored.insert(made, { durability: 'full' });
  return result.inserted ? made : (await stored.get(id))!;
}

function createDataKey(number: number, secret: Uint8Array): DataKey {
  return {
    number,
    derive: (purpose, sizeBytes, salt = new Uint8Array(0)) => new Uint8Array(hkdfSync('sm3', secret, salt, purpose, sizeBytes)),
  };
}

function createWrapper(kek: Uint8Array) {
  if (kek.length !== 32)
    throw new AppError('SEAL_KEK_WRONG', 'input', 'The key-encryption key must have 32 bytes.', {
      fix: 'Point KQ_KEK_FILE to the right file.',
    });
  const derive = (purpose: string, size: number) => new Uint8Array(hkdfSync('sm3', kek, new Uint8Array(0), purpose, size));
  const encryptKey = derive('KQ-WRAP-ENC', 16);
  const macKey = derive('KQ-WRAP-MAC', 32);
  const tagOf = (id: string, body: Uint8Array) => createHmac('sm3', macKey).update(`${id.length}:${id}`).update(body).digest();
  return {
    wrap(id: string, secret: Uint8Array): string {
      const iv = randomBytes(16);
      const cipher = createCipheriv('sm4-cbc', encryptKey, iv);
      const body = Buffer.concat([iv, cipher.update(secret), cipher.final()]);
      return Buffer.concat([body, tagOf(id, body)]).toString('base64');
    },
    unwrap(id: string, wrapped: string): Uint8Array {
      const bytes = Buffer.from(wrapped, 'base64');
      const body = bytes.subarray(0, -32);
      if (bytes.length < 64 || !timingSafeEqual(tagOf(id, body), bytes.subarray(-32))) throw kekWrong();
      const decipher = createDecipheriv('sm4-cbc', encryptKey, body.subarray(0, 16));
      return Buffer.concat([decipher.update(body.subarray(16)), decipher.final()]);
    },
  };
}

function kekWrong(): AppError {
  return new AppError('SEAL_KEK_WRONG', 'input', 'The data keys of this store cannot be opened with this key-encryption key.', {
    fix: 'Point KQ_KEK_FILE to the key file with which this store was created.',
  });
}

function keyMissing(number: number): AppError {
  return new AppError('SEAL_KEY_MISSING', 'bug', `This store does not contain data key ${number}.`, {
    values: { number },
    fix: 'Restore the collection data_keys from a backup made on or after the day on which the key was created.',
  });
}
