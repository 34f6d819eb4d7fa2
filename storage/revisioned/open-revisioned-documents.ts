import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { refuseBadName } from '../../engine/contract/ports/document-semantics.ts';
import { RevisionedCollection } from './revisioned-collection.ts';
import { createRevisionCache } from './revision-cache.ts';
import type { RevisionedDriver, RevisionedTable } from './revisioned-table.ts';
import { isStoreDown } from './store-down.ts';
import { createWriteOrder, type WriteOrder } from './write-order.ts';

export interface RevisionedOptions {
  readonly driver: RevisionedDriver;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Opened {
  readonly layout: string;
  readonly table: RevisionedTable;
  readonly order: WriteOrder;
}

/**
 * Every process sweeps every collection. So each process does it rarely, otherwise many processes together would keep
 * the database busy.
 */
const SWEEP_EVERY_MS = 15_000;
const SWEEP_ROWS = 200;

/**
 * Opens documents on a database server that several processes write to. Each write is a conditional update of one
 * row. All stores on servers use this code; only the driver differs.
 */
export function openRevisionedDocuments({ driver, clock, logger }: RevisionedOptions): Documents {
  const counters = { writes: 0, reads: 0 };
  const cache = createRevisionCache();
  const opened = new Map<string, Promise<Opened>>();
  const stopSweeping = startSweeping(opened, clock, logger);

  async function openTable(spec: CollectionSpec<StoredDocument>): Promise<Opened> {
    return { layout: layoutOf(spec), table: await driver.openTable(spec), order: createWriteOrder() };
  }

  return {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      refuseBadName(spec.name);
      let opening = opened.get(spec.name);
      if (!opening) {
        opening = openTable(spec);
        opened.set(spec.name, opening);
        opening.catch(() => opened.delete(spec.name));
      }
      const { layout, table, order } = await opening;
      if (layout !== layoutOf(spec)) throw schemaMismatch(spec.name, 'this process opened it before with different indexes');
      return new RevisionedCollection<T>({ name: spec.name, table, cache, order, clock, counters });
    },
    isExclusive: false,
    counters,
    ping: () => driver.ping(),
    async close() {
      stopSweeping();
      await driver.close();
    },
  };
}

/** Returns the part of a specification that must be the same in every process that opens the collection. */
export function layoutOf({ indexes, expiresAt }: CollectionSpec<StoredDocument>): string {
  return JSON.stringify({ indexes, expiresAt });
}

/** Returns STORE_SCHEMA_MISMATCH (input), with the difference. */
export function schemaMismatch(collection: string, reason: string): AppError {
  return new AppError(
    'STORE_SCHEMA_MISMATCH',
    'input',
    `The stored collection "${collection}" does not fit this version of the program: ${reason}.`,
    {
      values: { collection, reason },
      fix: 'Start the version that created this store, or move its content into an empty one with "kangqiao move".',
    },
  );
}

/**
 * Removes expired documents in small steps. Every process does this; it does no harm if another process has already
 * removed a row.
 */
function startSweeping(opened: ReadonlyMap<string, Promise<Opened>>, clock: Clock, logger: Logger): () => void {
  let isStopped = false;
  let cancel = clock.after(SWEEP_EVERY_MS, () => void sweep());

  async function sweep() {
    try {
      for (const opening of opened.values()) {
        const { table } = await opening;
        while (!isStopped && (await table.removeExpired(clock.now(), SWEEP_ROWS)) === SWEEP_ROWS);
      }
    } catch (error) {
      if (!isStopped && !isStoreDown(error)) logger.error('store.sweep-failed', error);
    }
    if (!isStopped) cancel = clock.after(SWEEP_EVERY_MS, () => void sweep());
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
