import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Clock } from '../engine/contract/values/clock.ts';
import { AppError } from '../engine/contract/values/errors.ts';
import type { Logger } from '../engine/contract/values/observe.ts';
import type { Blobs } from '../engine/contract/ports/blobs.ts';
import type { Documents } from '../engine/contract/ports/documents.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../engine/contract/ports/work-queue.ts';
import type { DataKeys, Seal } from '../engine/contract/values/seal.ts';
import { createSeal } from '../engine/seal/create-seal.ts';
import { loadKek } from '../engine/seal/load-kek.ts';
import { openIntegrity, type Integrity } from '../engine/integrity/open-integrity.ts';
import { dataKeysSpec, openDataKeys } from '../engine/seal/open-data-keys.ts';
import { openGate, type Gate } from '../engine/transfer/gate.ts';
import { openStoreMarks, refuseMarked } from '../engine/transfer/store-mark.ts';
import { beginClaims } from './begin-claims.ts';
import { refusePassword } from './shared/server-address.ts';
import { enterStoreLevel, MARKS_LEVEL } from './store-level.ts';
import { withholdWrites } from './withhold-writes.ts';
import type { BackendOptions, OpenedShared, OpenedStore, SharedBackend, StorageBackend } from './shared/storage-backend.ts';

/**
 * The available stores: the scheme of the address, and its backend. A new store needs one folder and one line here.
 */
const STORES: Readonly<Record<string, () => Promise<StorageBackend>>> = {
  embedded: async () => (await import('./embedded/embedded-backend.ts')).embeddedBackend,
  memory: async () => (await import('./memory/memory-backend.ts')).memoryBackend,
  mongodb: async () => (await import('./mongo/mongo-backend.ts')).mongoBackend,
  'mongodb+srv': async () => (await import('./mongo/mongo-backend.ts')).mongoBackend,
  postgres: async () => (await import('./postgres/postgres-backend.ts')).postgresBackend,
  postgresql: async () => (await import('./postgres/postgres-backend.ts')).postgresBackend,
};

/**
 * The available backends for the work queue and the shared state (limits, leases and hints): the scheme of the address,
 * and its backend.
 */
const SHARED: Readonly<Record<string, () => Promise<SharedBackend>>> = {
  redis: async () => (await import('./redis/redis-backend.ts')).redisBackend,
  rediss: async () => (await import('./redis/redis-backend.ts')).redisBackend,
};

/** Passwords and certificates given as values. If one is given, the file that the settings name is not read. */
export interface StoreSecrets {
  readonly password?: string | undefined;
  readonly sharedPassword?: string | undefined;
  /** PEM text of the certificate authorities for the servers' certificates. */
  readonly ca?: string | undefined;
}

export interface StorageOptions {
  /** `<scheme>:<location>`, for example `embedded:./data`. */
  readonly address: string;
  readonly passwordFile?: string;
  /**
   * Address of the work queue and the shared state, for example `rediss://host`. A store for one process has its own
   * shared state, so it needs no such address.
   */
  readonly sharedAddress?: string;
  readonly sharedPasswordFile?: string;
  /** File with the PEM text of the certificate authorities for the servers' certificates. */
  readonly caFile?: string;
  readonly secrets?: StoreSecrets;
  /** Default: `<data folder>.kek`, created at the first start. `memory:` needs no file. */
  readonly kekFile?: string;
  /** Opens the store even if a move has marked it as replaced, or as only partly filled. */
  readonly isMarkIgnored?: boolean;
  /** Opens the storage for inspection: nothing is written to the documents. */
  readonly isLook?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Storage {
  /**
   * The documents with their marks (`engine/integrity`). Documents that grant rights have a mark. A document with a
   * wrong mark cannot be used.
   */
  readonly documents: Documents;
  readonly integrity: Integrity;
  /** Controls the use of the store while it is copied. */
  readonly gate: Gate;
  /** The opened store. Its documents are not controlled by `gate`, and their marks are not checked. */
  readonly store: OpenedStore;
  readonly kept: NonNullable<OpenedShared['kept']>;
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  readonly blobs: Blobs;
  readonly seal: Seal;
  readonly dataKeys: DataKeys;
  /**
   * The file of the key-encryption key. If `isNew`, the person at the terminal must be told to store it separately
   * from the data.
   */
  readonly kek: { readonly file: string; readonly isNew: boolean } | undefined;
  close(): Promise<void>;
}

const REDIS_EXAMPLE = 'rediss://redis.example:6379';
const ROTATE_EVERY_MS = 3_600_000;

/**
 * Opens all storage by address; composition roots use only this function. Rejects with STORE_ADDRESS,
 * STORE_NEEDS_SHARED, STORE_PASSWORD_IN_ADDRESS, STORE_PASSWORD_FILE, STORE_NOT_ENCRYPTED, STORE_INCOMPATIBLE,
 * STORE_LOCKED, SEAL_KEK_MISSING, SEAL_KEK_WRONG, SEAL_KEK_EXPOSED or SEAL_KEK_INSIDE (input). Each error says what
 * to do.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { clock, logger } = options;
  await checkAddresses(options);
  const life = createLife();
  try {
    const store = await openStore(options);
    life.push(() => store.close());
    const shared = await openShared(options, store);
    life.push(() => shared.close());
    if (options.isMarkIgnored !== true) refuseMarked(await (await openStoreMarks(store.documents)).read());
    const gate = await openGate(options.isLook === true ? withholdWrites(store.documents) : store.documents, store.collections);
    const { documents } = gate;
    await enterStoreLevel(documents);
    await beginClaims(documents, shared);
    const { kek, isNewStore, ...kekFile } = await findKek(documents, store.dataFolder, options.kekFile);
    const dataKeys = await openDataKeys({ documents, kek, clock });
    const refuseOlder = () => enterStoreLevel(documents, MARKS_LEVEL);
    const collections = () => gate.collections.all();
    const integrity = await openIntegrity({ documents, collections, kek, clock, logger, isNew: isNewStore, refuseOlder });
    life.push(() => integrity.stop());
    const blobs = await store.openBlobs(dataKeys);
    life.push(() => blobs.close());
    life.push(rotateHourly(dataKeys, clock, logger));
    return {
      documents: integrity.documents,
      integrity,
      gate,
      store,
      kept: () => shared.kept?.() ?? nothing(),
      workQueue: shared.workQueue,
      sharedState: shared.sharedState,
      blobs,
      seal: createSeal(dataKeys),
      dataKeys,
      kek: kekFile.file === undefined ? undefined : { file: kekFile.file, isNew: kekFile.isNew },
      close: () => life.end(),
    };
  } catch (error) {
    await life.end();
    throw error;
  }
}

/** Opens the target of a copy. It has no keys yet, because the keys of the source are copied into it. */
export async function openTarget(options: StorageOptions): Promise<OpenedTarget> {
  await checkAddresses(options);
  const store = await openStore(options);
  try {
    const shared = await openShared(options, store);
    return {
      store,
      sharedState: shared.sharedState,
      async openSealed(kekFile) {
        const { kek } = await loadKek(kekFile, { mayCreate: false });
        const dataKeys = await openDataKeys({ documents: store.documents, kek, clock: options.clock });
        return { blobs: await store.openBlobs(dataKeys), seal: createSeal(dataKeys) };
      },
      async close() {
        await shared.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export interface OpenedTarget {
  readonly store: OpenedStore;
  readonly sharedState: SharedState;
  /** Opens blobs and seal. Must be called after data keys were copied into the store. */
  openSealed(kekFile: string): Promise<{ readonly blobs: Blobs; readonly seal: Seal }>;
  close(): Promise<void>;
}

async function* nothing(): AsyncGenerator<never> {}

/**
 * Opens only the work queue and the shared state. Returns undefined if `sharedAddress` is not set, because the store
 * then has its own.
 */
export async function openSharedAlone(options: StorageOptions): Promise<OpenedShared | undefined> {
  const { sharedAddress, sharedPasswordFile, caFile, secrets, clock, logger } = options;
  if (sharedAddress === undefined) return undefined;
  const backend = await pick(SHARED, sharedAddress, badShared);
  const access = secrets ? accessBy(secrets.sharedPassword, secrets.ca) : await readAccess(sharedPasswordFile, caFile);
  return backend.open(sharedAddress, { clock, logger, ...access });
}

/** Checks the addresses first, so that a wrong setting is reported even while the servers are unreachable. */
async function checkAddresses({ address, sharedAddress }: StorageOptions): Promise<void> {
  const store = await pick(STORES, address, badStore);
  store.checkAddress?.(address);
  if (sharedAddress !== undefined) (await pick(SHARED, sharedAddress, badShared)).checkAddress?.(sharedAddress);
  else if (store.hasOwnShared !== true) throw needsShared(address);
}

/** Collects what was opened, and closes it in reverse order. */
function createLife() {
  const ends: (() => Promise<void> | void)[] = [];
  return {
    push: (end: () => Promise<void> | void) => void ends.push(end),
    async end() {
      for (let end = ends.pop(); end; end = ends.pop()) await end();
    },
  };
}

/** Opens only the store, without marks and keys, to check whether it can be used. */
export async function openStore({ address, passwordFile, caFile, secrets, clock, logger }: StorageOptions): Promise<OpenedStore> {
  const backend = await pick(STORES, address, badStore);
  const access = secrets ? accessBy(secrets.password, secrets.ca) : await readAccess(passwordFile, caFile);
  return backend.open(address, { clock, logger, ...access });
}

async function openShared(options: StorageOptions, { ownShared }: OpenedStore): Promise<OpenedShared> {
  const shared = await openSharedAlone(options);
  if (shared) await ownShared?.close();
  return shared ?? ownShared!;
}

async function pick<T>(
  backends: Readonly<Record<string, () => Promise<T>>>,
  address: string,
  refused: (scheme: string) => AppError,
): Promise<T> {
  const scheme = schemeOf(address);
  const load = Object.hasOwn(backends, scheme) && address.includes(':') ? backends[scheme] : undefined;
  if (!load) throw refused(scheme);
  refusePassword(address);
  return load();
}

type Access = Pick<BackendOptions, 'password' | 'ca'>;

async function readAccess(passwordFile: string | undefined, caFile: string | undefined): Promise<Access> {
  const password = passwordFile === undefined ? undefined : (await readGiven(passwordFile)).replace(/\r?\n$/, '');
  return accessBy(password, caFile === undefined ? undefined : await readGiven(caFile));
}

function accessBy(password: string | undefined, ca: string | undefined): Access {
  return { ...(password === undefined ? {} : { password }), ...(ca === undefined ? {} : { ca }) };
}

/** Reads a file that a setting names. Rejects with STORE_PASSWORD_FILE (input) if it cannot be read. */
export async function readGiven(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('STORE_PASSWORD_FILE', 'input', `The file ${file} cannot be read.`, {
      values: { file },
      fix: 'Correct the setting that names it, or allow this user to read it.',
      cause,
    });
  }
}

/**
 * Finds the key-encryption key. It creates a new one only for a store without encrypted data, so that a lost key is
 * never replaced unnoticed.
 */
async function findKek(
  documents: Documents,
  dataFolder: string | undefined,
  configured: string | undefined,
): Promise<{ readonly kek: Uint8Array; readonly file: string | undefined; readonly isNew: boolean; readonly isNewStore: boolean }> {
  const file = configured ?? (dataFolder === undefined ? undefined : `${dataFolder}.kek`);
  if (file === undefined) return { kek: randomBytes(32), file, isNew: true, isNewStore: true };
  if (dataFolder !== undefined && resolve(file).startsWith(resolve(dataFolder) + sep)) throw kekInside(file);
  const keys = await documents.open(dataKeysSpec);
  const isNewStore = (await keys.count({}, 1)) === 0;
  return { ...(await loadKek(file, { mayCreate: isNewStore })), isNewStore };
}

/**
 * Every hour, creates the data keys for today and tomorrow if they are missing, and loads the keys that other processes
 * created. So a key exists long before the midnight from which it is used. Returns a function that stops this.
 */
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

function schemeOf(address: string): string {
  return address.split(':', 1)[0] ?? '';
}

/**
 * Returns STORE_ADDRESS (input). It names only the scheme, because the rest of the address may contain a password.
 */
function badStore(scheme: string): AppError {
  return new AppError('STORE_ADDRESS', 'input', `There is no store for "${scheme}:".`, {
    values: { scheme },
    fix: `Use one of: ${Object.keys(STORES).join(', ')}; for example embedded:./data`,
  });
}

function badShared(scheme: string): AppError {
  return new AppError('STORE_ADDRESS', 'input', `There is no shared state for "${scheme}:".`, {
    values: { problem: 'shared', scheme },
    fix: `Point KQ_SHARED_ADDRESS to a Redis: ${Object.keys(SHARED).join(' or ')}; for example ${REDIS_EXAMPLE}`,
  });
}

function needsShared(address: string): AppError {
  const scheme = schemeOf(address);
  return new AppError(
    'STORE_NEEDS_SHARED',
    'input',
    `A store at "${scheme}:" is shared by processes, which need Redis to wake each other.`,
    {
      values: { scheme },
      fix: `Point KQ_SHARED_ADDRESS to a Redis, for example ${REDIS_EXAMPLE}`,
    },
  );
}

function kekInside(file: string): AppError {
  return new AppError(
    'SEAL_KEK_INSIDE',
    'input',
    `The key-encryption key ${file} would be inside the data folder, where a backup would include it.`,
    {
      values: { file },
      fix: 'Point KQ_KEK_FILE to a place outside the data folder.',
    },
  );
}
