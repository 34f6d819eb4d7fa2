import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Seal, SealPlace } from '../../engine/contract/values/seal.ts';

export type NodeSeal = Pick<Seal, 'seal' | 'open' | 'openText'>;

const KEY_BYTES = 32;
const IV_BYTES = 16;
const TAG_BYTES = 32;
/** Errors of file systems without hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Seals with a key that the gateway node keeps itself, so that it can start without any store: SM4-CBC, then HMAC-SM3
 * over place, iv and ciphertext (encrypt-then-MAC). For the plan file and the access log of a standalone gateway.
 */
export function createNodeSeal(nodeKey: Uint8Array): NodeSeal {
  const cipherKey = derive(nodeKey, 'KQ-NODE-ENC', 16);
  const macKey = derive(nodeKey, 'KQ-NODE-MAC', 32);
  const tagOf = (place: SealPlace, iv: Uint8Array, sealed: Uint8Array) =>
    createHmac('sm3', macKey).update(bind(place)).update(iv).update(sealed).digest();
  const open = (place: SealPlace, text: string): Uint8Array => {
    const bytes = Buffer.from(text, 'base64');
    const iv = bytes.subarray(0, IV_BYTES);
    const sealed = bytes.subarray(IV_BYTES, -TAG_BYTES);
    if (bytes.length <= IV_BYTES + TAG_BYTES || !timingSafeEqual(bytes.subarray(-TAG_BYTES), tagOf(place, iv, sealed))) {
      throw new AppError('SEAL_BROKEN', 'bug', 'A sealed value was changed, moved, or sealed with another node key.', {
        fix: 'Restore the node key or make the value anew.',
      });
    }
    const decipher = createDecipheriv('sm4-cbc', cipherKey, iv);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  };
  return {
    seal(place, plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('sm4-cbc', cipherKey, iv);
      const sealed = Buffer.concat([cipher.update(typeof plain === 'string' ? Buffer.from(plain) : plain), cipher.final()]);
      return Buffer.concat([iv, sealed, tagOf(place, iv, sealed)]).toString('base64');
    },
    open,
    openText: (place, sealed) => Buffer.from(open(place, sealed)).toString('utf8'),
  };
}

/**
 * The node's key: 64 hex digits in a file of mode 0600, created at first start. An existing file is only read, since
 * it may be on a mount of secrets. NODE_KEY_INVALID (input) when the file holds something else.
 */
export async function readOrMakeNodeKey(path: string): Promise<Uint8Array> {
  if (!existsSync(path)) await makeNodeKey(path);
  if (((await stat(path)).mode & 0o007) !== 0) await chmod(path, 0o600);
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new AppError('NODE_KEY_INVALID', 'input', `The file ${path} holds no node key.`, {
      values: { path },
      fix: 'Restore it, or remove it together with the plan file.',
    });
  }
  return Buffer.from(text, 'hex');
}

/** Gateways of one machine start at the same time: the key gets its name when it is complete, and the first one stays. */
async function makeNodeKey(path: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  await writeFile(unfinished, randomBytes(KEY_BYTES).toString('hex'), { flag: 'wx', mode: 0o600 });
  try {
    await link(unfinished, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && !NO_LINKS.has(code)) throw error;
    if (!existsSync(path)) await rename(unfinished, path);
  }
  await rm(unfinished, { force: true });
}

function derive(key: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sm3', key, Buffer.alloc(0), info, bytes));
}

/** Length-prefixed, so that no two places give the same bytes. */
function bind({ collection, id, field }: SealPlace): Buffer {
  return Buffer.concat([collection, id, field].map((part) => Buffer.from(`${Buffer.byteLength(part)}:${part}`)));
}
