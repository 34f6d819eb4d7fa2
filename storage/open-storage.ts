import { randomBytes } from 'node:crypto';
import { resolve, sep } from 'node:path';
import type { Clock } from '../engine/contract/clock.ts';
import { AppError } from '../engine/contract/errors.ts';
import type { Logger } from '../engine/contract/observe.ts';
import type { Blobs } from '../engine/contract/ports/blobs.ts';
import type { Documents } from '../engine/contract/ports/documents.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../engine/contract/ports/work-queue.ts';
import type { DataKeys, Seal } from '../engine/contract/seal.ts';
import { createSeal } from '../engine/seal/create-seal.ts';
import { loadKek } from '../engine/seal/load-kek.ts';
import { dataKeysSpec, openDataKeys } from '../engine/seal/open-data-keys.ts';
import type { OpenedBackend, StorageBackend } from './storage-backend.ts';

/** The stores there are: scheme of the address -> backend. A new store is one folder and one line here. */
const BACKENDS: Readonly<Record<string, () => Promise<StorageBackend>>> = {
  embedded: async () => (await import('./embedded/embedded-backend.ts')).embeddedBackend,
  memory: async () => (await import('./memory/memory-backend.ts')).memoryBackend,
};

export interface StorageOptions {
  /** `<scheme>:<location>`, for example `embedded:./data`. */
  readonly address: string;
  /** Default: `<data folder>.kek`, made at the first start. `memory:` needs none. */
  readonly kekFile?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Storage {
  readonly documents: Documents;
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  readonly blobs: Blobs;
  readonly seal: Seal;
  readonly dataKeys: DataKeys;
  /** The key-encryption key's file. When `isNew`, tell the person at the terminal to keep it apart from the data. */
  readonly kek: { readonly file: string; readonly isNew: boolean } | undefined;
  close(): Promise<void>;
}

const ROTATE_EVERY_MS = 3_600_000;

/**
 * Opens everything that is stored, by address. The one door to storage for composition roots.
 * STORE_ADDRESS, STORE_LOCKED, SEAL_KEK_MISSING, SEAL_KEK_WRONG, SEAL_KEK_EXPOSED, SEAL_KEK_INSIDE (input): all say what to do.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { address, clock, logger } = options;
  const [scheme, location] = splitAddress(address);
  const loadBackend = Object.hasOwn(BACKENDS, scheme) ? BACKENDS[scheme] : undefined;
  if (!loadBackend) throw badAddress(address);
  const backend = await (await loadBackend()).open(location, { clock, logger });
  try {
    const { kek, ...kekFile } = await findKek(backend, options.kekFile);
    const dataKeys = await openDataKeys({ documents: backend.documents, kek, clock });
    const blobs = await backend.openBlobs(dataKeys);
    const stopRotating = rotateHourly(dataKeys, clock, logger);
    return {
      ...backend,
      blobs,
      seal: createSeal(dataKeys),
      dataKeys,
      kek: kekFile.file === undefined ? undefined : { file: kekFile.file, isNew: kekFile.isNew },
      async close() {
        stopRotating();
        await blobs.close();
        await backend.close();
      },
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function splitAddress(address: string): readonly [string, string] {
  const colon = address.indexOf(':');
  if (colon < 0) throw badAddress(address);
  return [address.slice(0, colon), address.slice(colon + 1)];
}

/** A new key is made only for a store that has sealed nothing yet: a lost one must never be papered over. */
async function findKek(
  { documents, dataFolder }: OpenedBackend,
  configured: string | undefined,
): Promise<{ readonly kek: Uint8Array; readonly file: string | undefined; readonly isNew: boolean }> {
  const file = configured ?? (dataFolder === undefined ? undefined : `${dataFolder}.kek`);
  if (file === undefined) return { kek: randomBytes(32), file, isNew: true };
  if (dataFolder !== undefined && resolve(file).startsWith(resolve(dataFolder) + sep)) throw kekInside(file);
  const keys = await documents.open(dataKeysSpec);
  return loadKek(file, { mayCreate: (await keys.count({}, 1)) === 0 });
}

/** Keys for today and tomorrow are there long before midnight, and those of other processes become known. */
function rotateHourly(dataKeys: DataKeys, clock: Clock, logger: Logger): () => void {
  let cancel = clock.after(ROTATE_EVERY_MS, rotate);
  let isStopped = false;
  function rotate() {
    dataKeys
      .rotate()
      .catch((error: unknown) => logger.error('seal.rotate-failed', error))
      .finally(() => {
        if (!isStopped) cancel = clock.after(ROTATE_EVERY_MS, rotate);
      });
  }
  return () => {
    isStopped = true;
    cancel();
  };
}

function badAddress(address: string): AppError {
  // Only the scheme is told: what follows may hold a password.
  const scheme = address.split(':', 1)[0] ?? '';
  return new AppError('STORE_ADDRESS', 'input', `There is no store for "${scheme}:".`, {
    values: { scheme },
    fix: `Use one of: ${Object.keys(BACKENDS).join(', ')}; for example embedded:./data`,
  });
}

function kekInside(file: string): AppError {
  return new AppError(
    'SEAL_KEK_INSIDE',
    'input',
    `The key-encryption key ${file} would lie inside the data folder, where a backup takes it along.`,
    {
      values: { file },
      fix: 'Point KQ_KEK_FILE to a place outside the data folder.',
    },
  );
}
