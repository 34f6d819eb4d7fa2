/** Runs an operation with the key of the node's adapter, in a thread. */
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import { perClock } from '../shared/per-clock.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { CryptoResult, CryptoTask, HmacKey, LoadedKey, Sm2Key, Sm4Key } from './compute.ts';
import { contentInvalid, operationUnsupported } from './errors.ts';
import { loadKey } from './load-key.ts';
import { CryptoSettings } from './settings.ts';

export type KeyContext = Pick<NodeContext<unknown>, 'adapter' | 'clock' | 'signal' | 'secret'>;

export const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** Ten times what the slowest operation needs for the largest content. */
const CPU_MS = 20_000;
const HEAP_MB = 512;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './crypto-worker.ts' : './crypto-worker.js', import.meta.url);

const threadsOf = perClock(
  (clock) =>
    new BoundedThreads<CryptoTask, CryptoResult>({ file: FILE, size: 2, heapMb: HEAP_MB, waiting: 2048, waitingPerKey: 512, clock }),
);

/** Rejects with CRYPTO_KEY_INVALID or CRYPTO_OPERATION (input) unless the adapter's key can sign and verify. */
export async function signingKey(ctx: KeyContext, operation: 'sign' | 'verify'): Promise<HmacKey | Sm2Key> {
  const key = await keyFor(ctx, operation === 'sign');
  if (key.kind === 'sm4') throw operationUnsupported(key.algorithm, operation);
  return key;
}

/** Rejects with CRYPTO_KEY_INVALID or CRYPTO_OPERATION (input) unless the adapter's key can encrypt and decrypt. */
export async function cipherKey(ctx: KeyContext, operation: 'encrypt' | 'decrypt'): Promise<Sm2Key | Sm4Key> {
  const key = await keyFor(ctx, operation === 'decrypt');
  if (key.kind === 'hmac') throw operationUnsupported(key.algorithm, operation);
  return key;
}

async function keyFor({ adapter, secret }: KeyContext, needsPrivate: boolean): Promise<LoadedKey> {
  const settings = readSettings(adapter!, CryptoSettings);
  const isPublic = settings.algorithm === 'SM2' && settings.publicKey !== undefined && !needsPrivate;
  return loadKey(settings, isPublic ? undefined : await secret());
}

/** Rejects with CRYPTO_CONTENT or CRYPTO_DECRYPTION_FAILED (input), or with CRYPTO_BUSY (transient). */
export async function runCrypto(task: CryptoTask, { adapter, clock, signal }: KeyContext): Promise<CryptoResult> {
  if (task.content.length > MAX_CONTENT_BYTES) throw contentInvalid('content', 'large');
  try {
    return await threadsOf(clock).run(task, { cpuMs: CPU_MS, key: adapter!.adapterId, signal });
  } catch (error) {
    if (!(error instanceof ThreadLimit)) throw error;
    throw new AppError('CRYPTO_BUSY', 'transient', 'The thread for cryptography cannot take this operation now.', {
      values: { problem: error.fault },
      retryAfterMs: error.retryAfterMs,
      fix: 'Try again later; if it happens often, add processes.',
    });
  }
}
