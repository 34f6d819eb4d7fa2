/**
 * Fills an empty store from a backup, and then verifies every document. Until this has succeeded, no process can open
 * the store. To repeat an interrupted restore, make the same call again.
 */
import { open } from 'node:fs/promises';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { readPath } from '../contract/ports/document-semantics.ts';
import type { KeptEntry, SharedState } from '../contract/ports/shared-state.ts';
import type { Seal } from '../contract/values/seal.ts';
import { canonicalJson } from '../flow/content-hash.ts';
import { Type } from 'typebox';
import { freeCopiedLeases } from '../ownership/leases.ts';
import { readBackupKey, readFrames, unreadable } from './backup-frames.ts';
import { BACKUP_VERSION, readRecords, type BackupRecord } from './backup-records.ts';
import { carryShared } from './carry-shared.ts';
import { createWriter, type CopyWriter } from './copy-writer.ts';
import { hasDocuments, storeNotEmpty } from './require-empty.ts';
import { openStoreMarks } from './store-mark.ts';
import { blobPlace } from './write-backup.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly keyFile: string;
  readonly target: { readonly address: string; readonly documents: Documents; readonly sharedState: SharedState };
  /**
   * Called when the data keys are restored. Payloads are encrypted with them, so the key-encryption key must be the one
   * from the time of the backup.
   */
  openSealed(): Promise<{ readonly blobs: Blobs; readonly seal: Seal }>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onProgress(progress: { readonly stage: 'restore' | 'compare'; readonly documents: number }): void;
}

export interface RestoreReport {
  readonly backupId: string;
  /**
   * The backup contains the state of this moment. For a backup of 0.1.0, this is the moment when the backup started.
   */
  readonly at: number;
  /** Number of documents that are stored now. */
  readonly documents: number;
  /** Number of documents that the backup wrote. A document that changed during the backup counts once per version. */
  readonly written: number;
  readonly blobs: number;
}

/**
 * Restores a backup. Rejects with BACKUP_KEY, BACKUP_UNREADABLE, STORE_NOT_EMPTY or SEAL_KEK_WRONG (input) if the key
 * file, the backup, the store or the key-encryption key cannot be used. Rejects with BACKUP_DIFFERS (bug) if the store
 * does not contain what was written.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { target, clock } = options;
  const key = await readBackupKey(options.keyFile);
  const head = await readHead(options.file, key);
  const marks = await openStoreMarks(target.documents);
  const mark = await marks.read();
  if (mark?.moveId !== head.backupId || mark.state !== 'receiving') {
    if (mark || (await hasDocuments(target.documents))) throw storeNotEmpty(target.address);
    await marks.write({ state: 'receiving', moveId: head.backupId, other: options.file, at: clock.now() });
  }
  const newest = new Map<string, number>();
  const { blobs, end } = await fill(options, key, newest);
  const documents = await compare(options, key, newest);
  await freeCopiedLeases(target.documents);
  await marks.write({ state: 'ready', moveId: head.backupId, other: options.file, at: clock.now() });
  return { backupId: head.backupId, at: end?.at ?? head.at, documents, written: end?.documents ?? documents, blobs };
}

type Head = Extract<BackupRecord, { kind: 'head' }>;

async function readHead(file: string, key: Uint8Array): Promise<Head> {
  for await (const record of records(file, key)) {
    if (record.kind !== 'head') break;
    if (record.version > BACKUP_VERSION) throw unreadable('version');
    return record;
  }
  throw unreadable('format');
}

async function* records(file: string, key: Uint8Array): AsyncGenerator<BackupRecord> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw unreadable('format', cause);
  });
  try {
    yield* readRecords(readFrames(handle, key));
  } finally {
    await handle.close();
  }
}

const PROGRESS_EVERY = 1000;

/**
 * Writes all records into the store. Returns the number of payloads and the last record. If a document occurs more than
 * once, its last round is recorded in `newest`.
 */
async function fill({ file, target, clock, signal, onProgress, ...options }: RestoreOptions, key: Uint8Array, newest: Map<string, number>) {
  const writers = new Map<string, CopyWriter>();
  const kept: KeptEntry[] = [];
  let round = 0;
  let documents = 0;
  let blobs = 0;
  let end: Extract<BackupRecord, { kind: 'end' }> | undefined;
  let sealed: { readonly blobs: Blobs; readonly seal: Seal } | undefined;
  const feed = createBlobFeed();
  const settle = async () => void (await Promise.all([...writers.values()].map((writer) => writer.end())));

  for await (const record of records(file, key)) {
    signal.throwIfAborted();
    switch (record.kind) {
      case 'head':
        break;
      case 'end':
        end = record;
        break;
      case 'collection':
        writers.set(record.name, createWriter({ spec: specOf(record), target: await target.documents.open(specOf(record)) }));
        break;
      case 'round':
        // Wait for the writes of earlier rounds, so that an older version never replaces a newer one.
        await settle();
        round++;
        break;
      case 'document':
        if (round > 0) newest.set(keyOf(record.collection, record.document._id), round);
        await writerOf(writers, record.collection).put(record.document);
        if (++documents % PROGRESS_EVERY === 0) onProgress({ stage: 'restore', documents });
        break;
      case 'removed':
        newest.set(keyOf(record.collection, record.id), round);
        await writerOf(writers, record.collection).remove(record.id);
        break;
      case 'shared':
        kept.push(record.entry);
        break;
      case 'blob':
        await settle();
        sealed ??= await options.openSealed();
        if (await feed.take(record, sealed)) blobs++;
    }
  }
  await settle();
  await carryShared(iterate(kept), target.sharedState, clock);
  await sealed?.blobs.close();
  return { blobs, end };
}

/** Takes the chunks of one payload after the other. Stores each chunk while the next one is read. */
function createBlobFeed() {
  let push: ((chunk: Uint8Array | undefined) => Promise<void>) | undefined;
  let stored: Promise<unknown> | undefined;

  /** Returns whether the record was the last chunk. */
  async function take(record: Extract<BackupRecord, { kind: 'blob' }>, { blobs, seal }: { readonly blobs: Blobs; readonly seal: Seal }) {
    const { id, index, isLast } = record;
    const chunk = seal.open(blobPlace(id, index), record.sealed);
    if (index === 0) {
      const pipe = createPipe();
      push = pipe.push;
      stored = blobs.put(pipe.chunks(), { blobId: id, limitBytes: Number.MAX_SAFE_INTEGER });
      stored.catch(() => {});
    }
    await Promise.race([push?.(isLast ? undefined : chunk), stored]);
    if (isLast) await stored;
    return isLast;
  }

  return { take };
}

function createPipe() {
  const waiting: (Uint8Array | undefined)[] = [];
  let wake: (() => void) | undefined;
  let onTaken: (() => void) | undefined;
  return {
    /** Resolves when the chunk is consumed, so that a large payload is never completely in memory. */
    push(chunk: Uint8Array | undefined): Promise<void> {
      waiting.push(chunk);
      wake?.();
      return new Promise((resolve) => (onTaken = resolve));
    },
    async *chunks(): AsyncGenerator<Uint8Array> {
      for (;;) {
        while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const chunk = waiting.shift();
        onTaken?.();
        if (!chunk) return;
        yield chunk;
      }
    },
  };
}

/**
 * Compares the store with the backup. Documents that expire may have been removed already. Returns how many documents
 * exist.
 */
async function compare(
  { file, target, signal, onProgress }: RestoreOptions,
  key: Uint8Array,
  newest: ReadonlyMap<string, number>,
): Promise<number> {
  const collections = new Map<string, { readonly collection: Collection<StoredDocument>; readonly expiresAt: string | undefined }>();
  let round = 0;
  let documents = 0;
  let looks: Promise<void>[] = [];
  for await (const record of records(file, key)) {
    if (record.kind === 'collection')
      collections.set(record.name, { collection: await target.documents.open(specOf(record)), expiresAt: record.expiresAt });
    if (record.kind === 'round') round++;
    if (record.kind !== 'document' && record.kind !== 'removed') continue;
    const id = record.kind === 'document' ? record.document._id : record.id;
    if ((newest.get(keyOf(record.collection, id)) ?? 0) > round) continue;
    const known = collections.get(record.collection);
    if (!known) throw unreadable('damaged');
    const wanted = record.kind === 'document' ? record.document : undefined;
    if (wanted) documents++;
    looks.push(look(known, id, wanted, record.collection));
    if (looks.length < LOOKS) continue;
    signal.throwIfAborted();
    await Promise.all(looks);
    looks = [];
    onProgress({ stage: 'compare', documents });
  }
  await Promise.all(looks);
  return documents;
}

const LOOKS = 100;

async function look(
  { collection, expiresAt }: { readonly collection: Collection<StoredDocument>; readonly expiresAt: string | undefined },
  id: string,
  wanted: StoredDocument | undefined,
  name: string,
): Promise<void> {
  const found = await collection.get(id);
  if (wanted && found ? canonicalJson(wanted) === canonicalJson(found) : wanted === found) return;
  if (wanted && !found && expiresAt !== undefined && readPath(wanted, expiresAt) !== undefined) return;
  throw new AppError('BACKUP_DIFFERS', 'bug', `"${name}" differs from the backup.`, {
    values: { what: name },
    fix: 'Look at the disk of the store, empty it and restore again.',
  });
}

function writerOf(writers: ReadonlyMap<string, CopyWriter>, collection: string): CopyWriter {
  const writer = writers.get(collection);
  if (!writer) throw unreadable('damaged');
  return writer;
}

function specOf({ name, indexes, expiresAt }: Extract<BackupRecord, { kind: 'collection' }>): CollectionSpec<StoredDocument> {
  return {
    name,
    schema: Type.Object({}, { additionalProperties: true }),
    indexes,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function keyOf(collection: string, id: string): string {
  return `${collection}/${id}`;
}

async function* iterate(entries: readonly KeptEntry[]): AsyncGenerator<KeptEntry> {
  yield* entries;
}
