/**
 * Writes a backup while the store is in use: everything in order of ids, then in rounds what was written meanwhile,
 * and finally the rest during a short pause of all operations. A restore shows the store as of that pause.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { KeptEntry } from '../contract/ports/shared-state.ts';
import type { Seal } from '../contract/values/seal.ts';
import { createFrameWriter } from './backup-frames.ts';
import { BACKUP_VERSION, writeRecord, type BackupRecord } from './backup-records.ts';
import { ALL } from './copy-blobs.ts';
import type { ChangeTracker, Gate } from './gate.ts';
import type { NewFile } from './new-file.ts';
import { storeMarksSpec } from './store-mark.ts';

export interface BackupSource {
  readonly gate: Gate;
  readonly blobs: Blobs;
  readonly seal: Seal;
  kept(): AsyncIterable<KeptEntry>;
}

export interface BackupOptions {
  readonly source: BackupSource;
  /** The store itself, not the view through the gate. */
  readonly documents: Documents;
  /** Called once, when no other copy of the store runs. */
  create(): Promise<NewFile>;
  /** 32 bytes, as returned by `readBackupKey`. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

export interface BackupProgress {
  readonly stage: 'documents' | 'payloads' | 'catch-up' | 'last';
  readonly collection?: string;
  readonly documents?: number;
}

export interface BackupReport {
  readonly backupId: string;
  readonly file: string;
  /** The moment the backup shows: the pause. */
  readonly at: number;
  /** A document that changed during the backup counts once per version. */
  readonly documents: number;
  readonly blobs: number;
  /** How long all operations were paused at the end. */
  readonly heldMs: number;
}

/** BACKUP_EXISTS, STORE_COPYING (input). Whatever else happens, a file under that name is a complete backup. */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const tracker = options.source.gate.track();
  try {
    const file = await options.create();
    try {
      const report = await writeAll(options, file.handle, tracker);
      await file.keep();
      return { ...report, file: file.file };
    } catch (error) {
      await file.drop();
      throw error;
    }
  } finally {
    tracker.stop();
  }
}

const PAGE = 200;
const FEW_CHANGES = 100;
const MAX_ROUNDS = 20;
const BLOB_CHUNK_BYTES = 256 * 1024;

async function writeAll(options: BackupOptions, handle: FileHandle, tracker: ChangeTracker): Promise<Omit<BackupReport, 'file'>> {
  const { source, documents: store, key, clock, signal, onProgress } = options;
  const backupId = createTimedId('bak', clock.now());
  const frames = await createFrameWriter(handle, key);
  const write = (record: BackupRecord) => writeRecord(frames, record);
  const known = new Set<string>();
  const sent = new Set<string>();
  let documents = 0;
  let blobs = 0;

  /** Includes collections opened since: one may be opened at any time. */
  async function newCollections(): Promise<readonly CollectionSpec<StoredDocument>[]> {
    const fresh = source.gate.collections.all().filter(({ name }) => name !== storeMarksSpec.name && !known.has(name));
    for (const { name, indexes, expiresAt } of fresh) {
      known.add(name);
      await write({ kind: 'collection', name, indexes, ...(expiresAt === undefined ? {} : { expiresAt }) });
    }
    return fresh;
  }

  async function writeCollection(spec: CollectionSpec<StoredDocument>): Promise<void> {
    const collection = await store.open(spec);
    for (let after: string | undefined; ;) {
      signal.throwIfAborted();
      const page: readonly StoredDocument[] = await collection.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const document of page) await write({ kind: 'document', collection: spec.name, document });
      documents += page.length;
      onProgress({ stage: 'documents', collection: spec.name, documents });
      if (page.length < PAGE) return;
      after = page.at(-1)!._id;
    }
  }

  async function writeChanges(): Promise<number> {
    await write({ kind: 'round' });
    const changes = tracker.take();
    const fresh = await newCollections();
    const all = changes ? fresh : source.gate.collections.all().filter(({ name }) => name !== storeMarksSpec.name);
    for (const spec of all) await writeCollection(spec);
    if (!changes) return Number.POSITIVE_INFINITY;
    let count = 0;
    for (const spec of source.gate.collections.all()) {
      const collection = await store.open(spec);
      for (const id of changes.get(spec.name) ?? []) {
        const document = await collection.get(id);
        await write(document ? { kind: 'document', collection: spec.name, document } : { kind: 'removed', collection: spec.name, id });
        count++;
        if (document) documents++;
      }
    }
    return count;
  }

  async function writeBlob(id: string): Promise<void> {
    sent.add(id);
    let index = 0;
    try {
      for await (const chunk of pieces(source.blobs.get(id))) {
        signal.throwIfAborted();
        await write({ kind: 'blob', id, index, sealed: source.seal.seal(blobPlace(id, index), chunk), isLast: false });
        index++;
      }
    } catch (error) {
      // It was removed meanwhile, so nothing refers to it any more.
      if (error instanceof AppError && error.code === 'BLOB_MISSING' && index === 0) return;
      throw error;
    }
    await write({ kind: 'blob', id, index, sealed: source.seal.seal(blobPlace(id, index), ''), isLast: true });
    blobs++;
    onProgress({ stage: 'payloads', documents: blobs });
  }

  await write({ kind: 'head', version: BACKUP_VERSION, backupId, at: clock.now(), from: 'kangqiao' });
  for (const spec of await newCollections()) await writeCollection(spec);
  for (const id of await blobIds(source.blobs)) await writeBlob(id);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    signal.throwIfAborted();
    const changed = await writeChanges();
    onProgress({ stage: 'catch-up', documents: changed });
    if (changed < FEW_CHANGES) break;
  }
  onProgress({ stage: 'last' });
  const heldAt = clock.monotonic();
  const release = source.gate.hold();
  let lastBlobs: readonly string[];
  let at: number;
  try {
    await source.gate.idle();
    at = clock.now();
    await writeChanges();
    for await (const entry of source.kept()) await write({ kind: 'shared', entry });
    lastBlobs = await blobIds(source.blobs);
  } finally {
    release();
  }
  const heldMs = Math.round(clock.monotonic() - heldAt);
  for (const id of lastBlobs) if (!sent.has(id)) await writeBlob(id);
  await write({ kind: 'end', documents, blobs, at });
  await frames.end();
  return { backupId, at, documents, blobs, heldMs };
}

export function blobPlace(id: string, index: number): { readonly collection: string; readonly id: string; readonly field: string } {
  return { collection: 'backup', id, field: String(index) };
}

async function blobIds(blobs: Blobs): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of blobs.list(ALL)) ids.push(id);
  return ids;
}

async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size < BLOB_CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
