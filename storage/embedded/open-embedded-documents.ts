import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { Logger } from '../../engine/contract/observe.ts';
import type {
  Collection,
  CollectionSpec,
  Documents,
  Filter,
  InsertResult,
  PatchResult,
  StoredDocument,
  WriteOptions,
} from '../../engine/contract/ports/documents.ts';
import { lockFolder } from './lock-folder.ts';
import { startStoreThread, type StoreThread } from './start-store-thread.ts';
import type { Failure, ReadAnswer, ReadOp, WriteAnswer, WriteOp } from './thread-messages.ts';

export interface EmbeddedDocumentsOptions {
  /** Made when missing. Held exclusively: a second opener gets STORE_LOCKED (input). */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The file never grows beyond this; writes then end in STORE_FULL. Default: as the disk allows. */
  readonly limitBytes?: number;
}

const SWEEP_EVERY_MS = 10_000;
const SWEEP_AGAIN_MS = 50;
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

type Writer = StoreThread<WriteOp, Exclude<WriteAnswer, Failure>>;
type Reader = StoreThread<ReadOp, Exclude<ReadAnswer, Failure>>;

/**
 * Documents in one SQLite file: a thread that writes with group commit, one that reads beside it (WAL).
 * A read sees at least every write that was called before it.
 */
export async function openEmbeddedDocuments(options: EmbeddedDocumentsOptions): Promise<Documents> {
  const { folder, clock, logger, limitBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(folder);
  const settings = { file: join(folder, 'store.sqlite'), limitBytes };
  const writer: Writer = startStoreThread<WriteOp, WriteAnswer>('writer', settings, logger);
  const reader: Reader = startStoreThread<ReadOp, ReadAnswer>('reader', settings, logger);
  const counters = { writes: 0, reads: 0 };
  const stopSweeping = startSweeping(writer, clock, logger);
  const opened = new Map<string, string>();

  return {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      if (!NAME.test(spec.name)) throw badName(spec.name);
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
      await Promise.all([writer.close(), reader.close()]);
      unlock();
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

  /** Waits for the writes called before it, so that it sees them. */
  async function read(kind: ReadOp[0], argument: string, options: string): Promise<string> {
    counters.reads++;
    if (pending > 0) await lastWrite;
    return reader.send([kind, name, argument, options]);
  }

  return {
    name,
    async get(id) {
      const json = await read('get', id, '');
      return json === '' ? undefined : (JSON.parse(json) as T);
    },
    insert: async (document, options) => insertResult(await write('insert', document._id, JSON.stringify(document), undefined, options)),
    replaceIf: async (document, match, options) =>
      patchResult<T>(await write('replace', document._id, JSON.stringify(document), match, options)),
    patchIf: async (id, match, patch, options) => patchResult<T>(await write('patch', id, JSON.stringify(patch), match, options)),
    find: async (filter, options) => JSON.parse(await read('find', JSON.stringify(filter), JSON.stringify(options))) as readonly T[],
    count: async (filter, limit = 10_000) => Number(await read('count', JSON.stringify(filter), String(limit))),
    remove: async (id, match) => (await write('remove', id, '', match))[0] === 'done',
  };
}

function insertResult([outcome, index]: Exclude<WriteAnswer, Failure>): InsertResult {
  if (outcome !== 'duplicate') return { inserted: true };
  return index === '' ? { inserted: false, duplicateOf: 'id' } : { inserted: false, duplicateOf: 'unique', index };
}

/** The document is parsed only if somebody looks at it: most callers only ask whether they won. */
function patchResult<T>([outcome, detail]: Exclude<WriteAnswer, Failure>): PatchResult<T> {
  if (outcome === 'no-match') return { outcome };
  if (outcome === 'duplicate') return { outcome: 'duplicate-key', index: detail };
  let document: T | undefined;
  return {
    outcome: 'patched',
    get document() {
      return (document ??= JSON.parse(detail) as T);
    },
  };
}

function startSweeping(writer: Writer, clock: Clock, logger: Logger): () => void {
  let isStopped = false;
  let cancel = clock.after(SWEEP_EVERY_MS, sweep);

  function sweep() {
    writer
      .send(['sweep', '', String(clock.now()), '', '', false])
      .then(([outcome]) => again(outcome === 'more' ? SWEEP_AGAIN_MS : SWEEP_EVERY_MS))
      .catch((error: unknown) => {
        if (isStopped) return;
        logger.error('store.sweep-failed', error);
        again(SWEEP_EVERY_MS);
      });
  }

  function again(delayMs: number) {
    if (!isStopped) cancel = clock.after(delayMs, sweep);
  }

  return () => {
    isStopped = true;
    cancel();
  };
}

function badName(collection: string): AppError {
  return new AppError('STORE_BAD_NAME', 'bug', `"${collection}" cannot be the name of a collection.`, {
    values: { collection },
    fix: 'Use lower-case letters, digits and underscores.',
  });
}
