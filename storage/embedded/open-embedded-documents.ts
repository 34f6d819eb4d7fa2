import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type {
  Collection,
  CollectionSpec,
  Documents,
  Filter,
  FindOptions,
  InsertResult,
  PatchResult,
  StoredDocument,
  Without,
  WriteOptions,
} from '../../engine/contract/ports/documents.ts';
import { documentOfRow, refuseBadName } from '../../engine/contract/ports/document-semantics.ts';
import { Patched } from '../../engine/contract/ports/patched.ts';
import { keepPrivate } from '../shared/lock-file.ts';
import { lockFolder } from './lock-folder.ts';
import { startStoreThread, type StoreThread } from './start-store-thread.ts';
import type { Failure, ReadAnswer, ReadOp, WriteAnswer, WriteOp } from './thread-messages.ts';

export interface EmbeddedDocumentsOptions {
  /**
   * The folder of the store. It is created if it is missing, and locked: opening fails with STORE_LOCKED (input) if
   * another process has opened it.
   */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Maximum size of the file. A write that would exceed it fails with STORE_FULL. Without a value, only the disk limits
   * the size.
   */
  readonly limitBytes?: number;
}

const SWEEP_EVERY_MS = 2000;
const CHECKPOINT_EVERY_WRITES = 500;

type Writer = StoreThread<WriteOp, Exclude<WriteAnswer, Failure>>;
type Reader = StoreThread<ReadOp, Exclude<ReadAnswer, Failure>>;

/**
 * Opens documents in one SQLite file. One thread writes with group commit, another one reads in parallel (WAL). A
 * read sees at least every write that was called before it.
 */
export async function openEmbeddedDocuments(options: EmbeddedDocumentsOptions): Promise<Documents> {
  const { folder, clock, logger, limitBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(folder);
  const file = join(folder, 'store.sqlite');
  keepPrivate(file);
  const settings = { file, limitBytes };
  const startCheckpointer = () => startStoreThread<'checkpoint', string>('checkpointer', settings, logger);
  const writer: Writer = withCheckpoints(startStoreThread<WriteOp, WriteAnswer>('writer', settings, logger), startCheckpointer, logger);
  const reader: Reader = startStoreThread<ReadOp, ReadAnswer>('reader', settings, logger);
  const closeThreads = async () => {
    await Promise.all([writer.close(), reader.close()]);
    unlock();
  };
  try {
    // This first sweep detects a damaged file at the start instead of at the first message.
    await writer.send(['sweep', '', '0', '', '', false]);
    await reader.send(['ping', '', '', '']);
  } catch (error) {
    await closeThreads();
    throw error;
  }
  const counters = { writes: 0, reads: 0 };
  const stopSweeping = startSweeping(writer, clock, logger);
  const opened = new Map<string, string>();

  return {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      refuseBadName(spec.name);
      const json = JSON.stringify({ name: spec.name, indexes: spec.indexes, expiresAt: spec.expiresAt });
      if (opened.get(spec.name) !== json) {
        await writer.send(['open', spec.name, '', json, '', true]);
        await reader.send(['open', spec.name, json, '']);
        opened.set(spec.name, json);
      }
      return openCollection<T>(spec.name, writer, reader, counters);
    },
    isExclusive: true,
    counters,
    async ping() {
      await reader.send(['ping', '', '', '']);
    },
    async close() {
      stopSweeping();
      await closeThreads();
    },
  };
}

function openCollection<T extends StoredDocument>(
  name: string,
  writer: Writer,
  reader: Reader,
  counters: { writes: number; reads: number },
): Collection<T> {
  let pending = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();

  function write(kind: WriteOp[0], id: string, body: string, match: Filter | undefined, options: WriteOptions = {}) {
    counters.writes++;
    pending++;
    const answer = writer.send([kind, name, id, body, match ? JSON.stringify(match) : '', options.durability === 'full']);
    const settled = () => void pending--;
    lastWrite = answer.then(settled, settled);
    return answer;
  }

  /** Waits for the writes that were called before, and then reads, so that the result contains these writes. */
  async function read(kind: ReadOp[0], argument: string, options: string): Promise<string> {
    counters.reads++;
    if (pending > 0) await lastWrite;
    return reader.send([kind, name, argument, options]);
  }

  return {
    name,
    async get(id) {
      const json = await read('get', id, '');
      return json === '' ? undefined : (documentOfRow(id, JSON.parse(json)) as T);
    },
    insert: async (document, options) => insertResult(await write('insert', document._id, JSON.stringify(document), undefined, options)),
    replaceIf: async (document, match, options) =>
      patchResult<T>(await write('replace', document._id, JSON.stringify(document), match, options)),
    patchIf: async (id, match, patch, options) => patchResult<T>(await write('patch', id, JSON.stringify(patch), match, options)),
    find: async <K extends string>(filter: Filter, options: FindOptions<K>) =>
      documentsOf<Without<T, K>>(await read('find', JSON.stringify(filter), JSON.stringify(options))),
    count: async (filter, limit = 10_000) => Number(await read('count', JSON.stringify(filter), String(limit))),
    remove: async (id, match) => (await write('remove', id, '', match))[0] === 'done',
  };
}

function documentsOf<T>(json: string): readonly T[] {
  const parts = JSON.parse(json) as readonly unknown[];
  const documents: T[] = [];
  for (let i = 0; i < parts.length; i += 2) documents.push(documentOfRow(parts[i] as string, parts[i + 1]) as T);
  return documents;
}

function insertResult([outcome, index]: Exclude<WriteAnswer, Failure>): InsertResult {
  if (outcome !== 'duplicate') return { inserted: true };
  return index === '' ? { inserted: false, duplicateOf: 'id' } : { inserted: false, duplicateOf: 'unique', index };
}

function patchResult<T>([outcome, detail]: Exclude<WriteAnswer, Failure>): PatchResult<T> {
  if (outcome === 'no-match') return { outcome };
  if (outcome === 'duplicate') return { outcome: 'duplicate-key', index: detail };
  return new Patched(() => JSON.parse(detail) as T);
}

/**
 * Returns a writer that also starts a checkpoint of the log in the background after every few hundred writes. The
 * checkpoint thread starts with the first checkpoint.
 */
function withCheckpoints(writer: Writer, start: () => StoreThread<'checkpoint', string>, logger: Logger): Writer {
  let checkpointer: StoreThread<'checkpoint', string> | undefined;
  let writes = 0;
  let isRunning = false;
  let isClosed = false;
  return {
    send(op) {
      if (++writes >= CHECKPOINT_EVERY_WRITES && !isRunning && !isClosed) {
        writes = 0;
        isRunning = true;
        checkpointer ??= start();
        checkpointer
          .send('checkpoint')
          .catch((error: unknown) => logger.error('store.checkpoint-failed', error))
          .finally(() => (isRunning = false));
      }
      return writer.send(op);
    },
    async close() {
      isClosed = true;
      await Promise.all([writer.close(), checkpointer?.close()]);
    },
  };
}

/**
 * Removes expired documents in small sweeps, one after the other as long as more remain. Each sweep queues like a
 * write, so that a write waits for at most one sweep.
 */
function startSweeping(writer: Writer, clock: Clock, logger: Logger): () => void {
  let isStopped = false;
  let cancel = clock.after(SWEEP_EVERY_MS, () => void sweep());

  async function sweep() {
    try {
      let outcome = 'more';
      while (outcome === 'more' && !isStopped) [outcome] = await writer.send(['sweep', '', String(clock.now()), '', '', false]);
    } catch (error) {
      if (!isStopped) logger.error('store.sweep-failed', error);
    }
    if (!isStopped) cancel = clock.after(SWEEP_EVERY_MS, () => void sweep());
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
