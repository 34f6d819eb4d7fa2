import type { Clock } from '../../engine/contract/values/clock.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';
import { openFrames, readChunks, sealFrames } from '../blobs/blob-frames.ts';
import { blobMissing, checked, limited } from '../blobs/blob-rules.ts';
import type { QueryPool } from './open-query-pool.ts';
import { quote } from './table-layout.ts';

const CHUNK_BYTES = 256 * 1024;
const LIST_ROWS = 1000;
const CHUNK_MS = 30_000;
const BLOBS = ':blobs';
const CHUNKS = ':blob_chunks';

/** Run in a transaction under the creation lock. */
export function createBlobTablesSql(schema: string): readonly string[] {
  const [blobs, chunks] = tablesOf(schema);
  return [
    `CREATE TABLE IF NOT EXISTS ${blobs} (id TEXT COLLATE "C" PRIMARY KEY, size_bytes BIGINT)`,
    `CREATE TABLE IF NOT EXISTS ${chunks} (id TEXT COLLATE "C" NOT NULL, n INTEGER NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (id, n))`,
    // Sealed bytes do not compress.
    `ALTER TABLE ${chunks} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
  ];
}

/**
 * Blobs as sealed files in rows of 256 KB, in constant memory whatever their size. A separate row starts a blob and,
 * with its size, completes it. A half-written blob is listed with the others, and so removed as an orphan. Every
 * statement may be sent twice.
 */
export function openPostgresBlobs(options: {
  readonly schema: string;
  readonly pool: QueryPool;
  readonly dataKeys: DataKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}): Blobs {
  const { schema, pool, dataKeys, clock, logger } = options;
  const [blobs, chunks] = tablesOf(schema);

  /** Removes the start row last: as long as it exists, the blob is listed. */
  async function remove(blobId: string): Promise<void> {
    await pool.query(`UPDATE ${blobs} SET size_bytes = NULL WHERE id = $1`, [blobId]);
    await pool.query(`DELETE FROM ${chunks} WHERE id = $1`, [blobId], CHUNK_MS);
    await pool.query(`DELETE FROM ${blobs} WHERE id = $1`, [blobId]);
  }

  /** Returns the number of sealed plain bytes. */
  async function writeChunks(blobId: string, frames: AsyncGenerator<Uint8Array, number>): Promise<number> {
    let n = 0;
    let held: Uint8Array[] = [];
    let heldBytes = 0;
    const flush = async () => {
      const text = `INSERT INTO ${chunks} (id, n, bytes) SELECT $1::text, $2::integer, $3::bytea WHERE NOT EXISTS (SELECT 1 FROM ${chunks} WHERE id = $1 AND n = $2)`;
      await pool.query(text, [blobId, n++, Buffer.concat(held)], CHUNK_MS);
      held = [];
      heldBytes = 0;
    };
    for (;;) {
      const next = await frames.next();
      if (next.done) {
        if (heldBytes > 0) await flush();
        return next.value;
      }
      held.push(next.value);
      heldBytes += next.value.length;
      if (heldBytes >= CHUNK_BYTES) await flush();
    }
  }

  async function* readBytes(blobId: string): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      const text = `SELECT bytes FROM ${chunks} WHERE id = $1 AND n = $2`;
      const [row] = await pool.query<{ bytes: Buffer }>(text, [blobId, n], CHUNK_MS);
      if (!row) return;
      yield row.bytes;
    }
  }

  return {
    async put(source, { limitBytes, blobId: given }) {
      const blobId = given === undefined ? createTimedId('blob', clock.now()) : checked(given);
      if (given !== undefined) await remove(blobId);
      try {
        await pool.query(`INSERT INTO ${blobs} (id) SELECT $1::text WHERE NOT EXISTS (SELECT 1 FROM ${blobs} WHERE id = $1)`, [blobId]);
        const sizeBytes = await writeChunks(blobId, sealFrames(limited(source, limitBytes), blobId, dataKeys.current()));
        await pool.query(`UPDATE ${blobs} SET size_bytes = $2 WHERE id = $1`, [blobId, sizeBytes]);
        return { blobId, sizeBytes };
      } catch (error) {
        await remove(blobId).catch((cause: unknown) => logger.error('blobs.left-behind', cause, { blobId }));
        throw error;
      }
    },
    async *get(blobId) {
      const [row] = await pool.query(`SELECT 1 FROM ${blobs} WHERE id = $1 AND size_bytes IS NOT NULL`, [checked(blobId)]);
      if (!row) throw blobMissing(blobId);
      yield* openFrames(readChunks(readBytes(blobId)), blobId, dataKeys);
    },
    remove: async (blobId) => remove(checked(blobId)),
    async *list(olderThanMs) {
      // An id contains its time: ids made before sort before this one.
      const end = createTimedId('blob', Math.max(0, clock.now() - olderThanMs)).slice(0, 14);
      for (let after = ''; ;) {
        const text = `SELECT id FROM ${blobs} WHERE id > $1 AND id < $2 ORDER BY id LIMIT ${LIST_ROWS}`;
        const rows = await pool.query<{ id: string }>(text, [after, end]);
        for (const { id } of rows) yield id;
        if (rows.length < LIST_ROWS) return;
        after = rows.at(-1)!.id;
      }
    },
    async close() {},
  };
}

function tablesOf(schema: string): readonly [blobs: string, chunks: string] {
  return [`${quote(schema)}.${quote(BLOBS)}`, `${quote(schema)}.${quote(CHUNKS)}`];
}
