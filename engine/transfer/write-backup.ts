/**
 * Writes a backup while the store is in use. First writes everything in order of ids, then in rounds what was changed
 * meanwhile, and finally the rest during a short pause of all operations. A restore yields the state at that pause.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { KeptEntry } from '../contract/ports/shared-state.ts';
import type { Seal } from '../contract/values/seal.ts';
import { createFrameWriter, type FrameWriter } from './backup-frames.ts';
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
  /** Creates the backup file. Called once, when it is certain that no other copy of the store runs. */
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
  /** The moment of the pause. The backup contains the state of this moment. */
  readonly at: number;
  /** Number of documents. One that changed during the backup counts once per version. */
  readonly documents: number;
  readonly blobs: number;
  /** How long all operations were paused at the end, in milliseconds. */
  readonly heldMs: number;
}

/**
 * Writes a backup. Rejects with BACKUP_EXISTS (input) if the file exists, and with STORE_COPYING (input) if another
 * copy of the store runs. After any error, a file under that name is still a complete backup.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const tracker = options.source.gate.track();
  try {
    const file = await options.create();
    try {
      const frames = await createFrameWriter(file.handle, options.key);
      const report = await new BackupRun(options, tracker, frames).writeAll();
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

/** One backup, with the parts of the store that it contains already. */
class BackupRun {
  readonly #options: BackupOptions;
  readonly #tracker: ChangeTracker;
  readonly #frames: FrameWriter;
  readonly #backupId: string;
  /** Names of the collections that the backup has a record for. */
  readonly #known = new Set<string>();
  readonly #sent = new Set<string>();
  #documents = 0;
  #blobs = 0;

  constructor(options: BackupOptions, tracker: ChangeTracker, frames: FrameWriter) {
    this.#options = options;
    this.#tracker = tracker;
    this.#frames = frames;
    this.#backupId = createTimedId('bak', options.clock.now());
  }

  async writeAll(): Promise<Omit<BackupReport, 'file'>> {
    const { source, clock } = this.#options;
    await this.#write({ kind: 'head', version: BACKUP_VERSION, backupId: this.#backupId, at: clock.now(), from: 'kangqiao' });
    for (const spec of await this.#newCollections()) await this.#writeCollection(spec);
    for (const id of await blobIds(source.blobs)) await this.#writeBlob(id);
    await this.#catchUp();
    const { at, heldMs, lastBlobs } = await this.#writeLast();
    for (const id of lastBlobs) if (!this.#sent.has(id)) await this.#writeBlob(id);
    const [documents, blobs] = [this.#documents, this.#blobs];
    await this.#write({ kind: 'end', documents, blobs, at });
    await this.#frames.end();
    return { backupId: this.#backupId, at, documents, blobs, heldMs };
  }

  async #catchUp(): Promise<void> {
    const { signal, onProgress } = this.#options;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      signal.throwIfAborted();
      const changed = await this.#writeChanges();
      onProgress({ stage: 'catch-up', documents: changed });
      if (changed < FEW_CHANGES) return;
    }
  }

  /**
   * Pauses all operations and writes the rest, so that the backup contains the state of one moment. Blobs never change,
   * so they may be written afterwards.
   */
  async #writeLast(): Promise<{ readonly at: number; readonly heldMs: number; readonly lastBlobs: readonly string[] }> {
    const { source, clock, onProgress } = this.#options;
    onProgress({ stage: 'last' });
    const heldAt = clock.monotonic();
    const release = source.gate.hold();
    let lastBlobs: readonly string[];
    let at: number;
    try {
      await source.gate.idle();
      at = clock.now();
      await this.#writeChanges();
      for await (const entry of source.kept()) await this.#write({ kind: 'shared', entry });
      lastBlobs = await blobIds(source.blobs);
    } finally {
      release();
    }
    return { at, heldMs: Math.round(clock.monotonic() - heldAt), lastBlobs };
  }

  #collections(): readonly CollectionSpec<StoredDocument>[] {
    return this.#options.source.gate.collections.all().filter(({ name }) => name !== storeMarksSpec.name);
  }

  /**
   * Writes the records of collections that have none yet, and returns those collections. A collection may be opened at
   * any time.
   */
  async #newCollections(): Promise<readonly CollectionSpec<StoredDocument>[]> {
    const fresh = this.#collections().filter(({ name }) => !this.#known.has(name));
    for (const { name, indexes, expiresAt } of fresh) {
      this.#known.add(name);
      await this.#write({ kind: 'collection', name, indexes, ...(expiresAt === undefined ? {} : { expiresAt }) });
    }
    return fresh;
  }

  async #writeCollection(spec: CollectionSpec<StoredDocument>): Promise<void> {
    const { documents, signal, onProgress } = this.#options;
    const collection = await documents.open(spec);
    for (let after: string | undefined; ;) {
      signal.throwIfAborted();
      const page: readonly StoredDocument[] = await collection.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const document of page) await this.#write({ kind: 'document', collection: spec.name, document });
      this.#documents += page.length;
      onProgress({ stage: 'documents', collection: spec.name, documents: this.#documents });
      if (page.length < PAGE) return;
      after = page.at(-1)!._id;
    }
  }

  /** Writes the documents that were changed since the last round. Returns how many there were. */
  async #writeChanges(): Promise<number> {
    await this.#write({ kind: 'round' });
    const changes = this.#tracker.take();
    const fresh = await this.#newCollections();
    for (const spec of changes ? fresh : this.#collections()) await this.#writeCollection(spec);
    if (!changes) return Number.POSITIVE_INFINITY;
    let count = 0;
    for (const spec of this.#options.source.gate.collections.all()) {
      const collection = await this.#options.documents.open(spec);
      for (const id of changes.get(spec.name) ?? []) {
        await this.#writeChange(spec.name, id, await collection.get(id));
        count++;
      }
    }
    return count;
  }

  async #writeChange(collection: string, id: string, document: StoredDocument | undefined): Promise<void> {
    await this.#write(document ? { kind: 'document', collection, document } : { kind: 'removed', collection, id });
    if (document) this.#documents++;
  }

  async #writeBlob(id: string): Promise<void> {
    const { source, signal, onProgress } = this.#options;
    this.#sent.add(id);
    let index = 0;
    try {
      for await (const chunk of pieces(source.blobs.get(id))) {
        signal.throwIfAborted();
        await this.#write({ kind: 'blob', id, index, sealed: source.seal.seal(blobPlace(id, index), chunk), isLast: false });
        index++;
      }
    } catch (error) {
      // The payload was removed meanwhile, so no document refers to it any more.
      if (error instanceof AppError && error.code === 'BLOB_MISSING' && index === 0) return;
      throw error;
    }
    await this.#write({ kind: 'blob', id, index, sealed: source.seal.seal(blobPlace(id, index), ''), isLast: true });
    this.#blobs++;
    onProgress({ stage: 'payloads', documents: this.#blobs });
  }

  #write(record: BackupRecord): Promise<void> {
    return writeRecord(this.#frames, record);
  }
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
