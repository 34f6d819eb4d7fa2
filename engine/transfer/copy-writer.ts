import { AppError } from '../contract/values/errors.ts';
import type { Collection, CollectionSpec, Filter, Scalar, StoredDocument } from '../contract/ports/documents.ts';
import { readPath, uniqueKey } from '../contract/ports/document-semantics.ts';

export interface CopyWriter {
  put(document: StoredDocument): Promise<void>;
  remove(id: string): Promise<void>;
  /** Waits for all writes. Then writes the documents again whose copies were removed because of a unique key. */
  end(): Promise<void>;
  readonly written: number;
}

const CONCURRENCY = 32;

/**
 * Writes copies, many at once. A copy in the target may be out of date and have a unique key that another document has
 * now. Such a copy is removed, and `end` copies it again.
 */
export function createWriter(pair: {
  readonly spec: CollectionSpec<StoredDocument>;
  /**
   * The collection from which `end` copies removed documents again. If absent, `end` does not do this, because the
   * caller sends these documents again.
   */
  readonly source?: Collection<StoredDocument>;
  readonly target: Collection<StoredDocument>;
}): CopyWriter {
  const { spec, source, target } = pair;
  const running = new Set<Promise<void>>();
  /** Ids of copies that were removed because another document has their unique key. `end` copies them again. */
  const displaced = new Set<string>();
  let failure: unknown;
  let written = 0;

  async function start(work: Promise<unknown>): Promise<void> {
    written++;
    const settled: Promise<void> = work.then(
      () => void running.delete(settled),
      (error: unknown) => {
        failure ??= error;
        running.delete(settled);
      },
    );
    running.add(settled);
    if (running.size >= CONCURRENCY) await Promise.race(running);
    if (failure !== undefined) throw failure as Error;
  }

  async function store(document: StoredDocument): Promise<void> {
    for (let attempt = 0; attempt < MAX_CLASHES; attempt++) {
      const inserted = await target.insert(document);
      if (inserted.inserted) return;
      let index = inserted.index;
      if (inserted.duplicateOf === 'id') {
        const replaced = await target.replaceIf(document, {});
        if (replaced.outcome === 'patched') return;
        index = replaced.outcome === 'duplicate-key' ? replaced.index : undefined;
      }
      if (index !== undefined) await displace(document, index);
    }
    throw clash(spec.name);
  }

  async function displace(document: StoredDocument, index: string): Promise<void> {
    const fields = spec.indexes.find(({ name }) => name === index)?.fields;
    if (!fields || uniqueKey(document, fields) === undefined) throw clash(spec.name);
    const filter: Filter = Object.fromEntries(fields.map((field) => [field, (readPath(document, field) ?? null) as Scalar]));
    for (const holder of await target.find(filter, { limit: 10 })) {
      if (holder._id === document._id) continue;
      displaced.add(holder._id);
      // Remove the copy only while it has the key, because its newer version may be written at this moment.
      await target.remove(holder._id, filter);
    }
  }

  async function drain(): Promise<void> {
    while (running.size > 0) await Promise.race(running);
    if (failure !== undefined) throw failure as Error;
  }

  return {
    put: (document) => start(store(document)),
    remove: (id) => start(target.remove(id)),
    async end() {
      await drain();
      // Store them one after the other: if storing one removes a further copy, the id of that copy is appended to the
      // set.
      for (const id of displaced) {
        const document = await source?.get(id);
        if (document) await store(document);
      }
    },
    get written() {
      return written;
    },
  };
}

const MAX_CLASHES = 5;

function clash(collection: string): AppError {
  return new AppError('STORE_COPY_CLASH', 'bug', `Two documents of "${collection}" have the same unique key.`, {
    values: { collection },
    fix: 'Report it with the log; the old store is untouched.',
  });
}
