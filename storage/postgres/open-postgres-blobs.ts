import type { Clock } from '../../engine/contract/values/clock.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs, PutOptions } from '../../engine/contract/ports/blobs.ts';
import type { BlobRef } from '../../engine/contract/values/message.ts';
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

/** Returns the statements that create the tables. They run in a transaction that holds the lock for creating tables. */
export function createBlobTablesSql(schema: string): readonly string[] {
  const [blobs, chunks] = tablesOf(schema);
  return [
    `CREATE TABLE IF NOT EXISTS ${blobs} (id TEXT COLLATE "C" PRIMARY KEY, size_bytes BIGINT)`,
    `CREATE TABLE IF NOT EXISTS ${chunks} (id TEXT COLLATE "C" NOT NULL, n INTEGER NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (id, n))`,
    // EXTERNAL switches compression off, because encrypted bytes cannot be compressed.
    `ALTER TABLE ${chunks} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
  ];
}

interface PostgresBlobsOptions {
  readonly schema: string;
  /** Used only by the blobs, and closed with them. */
  readonly pool: QueryPool;
  readonly dataKeys: DataKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens blobs as encrypted data in rows of 256 KB. The memory used is constant for any blob size. Each blob also has a
 * start row, which is written first and gets the size when the blob is complete. A half-written blob is listed with the
 * others, so it is removed as an orphan. Every statement can safely be sent twice.
 */
export function openPostgresBlobs(options: PostgresBlobsOptions): Blobs {
  return new PostgresBlobs(options);
}

class PostgresBlobs implements Blobs {
  readonly #pool: QueryPool;
  readonly #dataKeys: DataKeys;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #blobs: string;
  readonly #chunks: string;

  constructor({ schema, pool, dataKeys, clock, logger }: PostgresBlobsOptions) {
    this.#pool = pool;
    this.#dataKeys = dataKeys;
    this.#clock = clock;
    this.#logger = logger;
    [this.#blobs, this.#chunks] = tablesOf(schema);
  }

  async put(source: AsyncIterable<Uint8Array>, { limitBytes, blobId: given }: PutOptions): Promise<BlobRef> {
    const blobs = this.#blobs;
    const blobId = given === undefined ? createTimedId('blob', this.#clock.now()) : checked(given);
    if (given !== undefined) await this.#remove(blobId);
    try {
      await this.#pool.query(`INSERT INTO ${blobs} (id) SELECT $1::text WHERE NOT EXISTS (SELECT 1 FROM ${blobs} WHERE id = $1)`, [blobId]);
      const sizeBytes = await this.#writeChunks(blobId, sealFrames(limited(source, limitBytes), blobId, this.#dataKeys.current()));
      await this.#pool.query(`UPDATE ${blobs} SET size_bytes = $2 WHERE id = $1`, [blobId, sizeBytes]);
      return { blobId, sizeBytes };
    } catch (error) {
      await this.#remove(blobId).catch((cause: unknown) => this.#logger.error('blobs.left-behind', cause, { blobId }));
      throw error;
    }
  }

  async *get(blobId: string): AsyncGenerator<Uint8Array> {
    const [row] = await this.#pool.query(`SELECT 1 FROM ${this.#blobs} WHERE id = $1 AND size_bytes IS NOT NULL`, [checked(blobId)]);
    if (!row) throw blobMissing(blobId);
    yield* openFrames(readChunks(this.#readBytes(blobId)), blobId, this.#dataKeys);
  }

  async remove(blobId: string): Promise<void> {
    await this.#remove(checked(blobId));
  }

  async *list(olderThanMs: number): AsyncGenerator<string> {
    // Ids start with their creation time, so ids created earlier sort before this one.
    const end = createTimedId('blob', Math.max(0, this.#clock.now() - olderThanMs)).slice(0, 14);
    for (let after = ''; ;) {
      const text = `SELECT id FROM ${this.#blobs} WHERE id > $1 AND id < $2 ORDER BY id LIMIT ${LIST_ROWS}`;
      const rows = await this.#pool.query<{ id: string }>(text, [after, end]);
      for (const { id } of rows) yield id;
      if (rows.length < LIST_ROWS) return;
      after = rows.at(-1)!.id;
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Removes a blob. Its start row is removed last, because the blob is listed as long as this row exists. */
  async #remove(blobId: string): Promise<void> {
    await this.#pool.query(`UPDATE ${this.#blobs} SET size_bytes = NULL WHERE id = $1`, [blobId]);
    await this.#pool.query(`DELETE FROM ${this.#chunks} WHERE id = $1`, [blobId], CHUNK_MS);
    await this.#pool.query(`DELETE FROM ${this.#blobs} WHERE id = $1`, [blobId]);
  }

  /** Stores the frames as rows. Returns the number of plain bytes. */
  async #writeChunks(blobId: string, frames: AsyncGenerator<Uint8Array, number>): Promise<number> {
    let held: Uint8Array[] = [];
    let heldBytes = 0;
    for (let n = 0; ;) {
      const next = await frames.next();
      if (!next.done) {
        held.push(next.value);
        heldBytes += next.value.length;
      }
      if (heldBytes >= CHUNK_BYTES || (next.done && heldBytes > 0)) {
        await this.#writeChunk(blobId, n++, Buffer.concat(held));
        held = [];
        heldBytes = 0;
      }
      if (next.done) return next.value;
    }
  }

  async #writeChunk(blobId: string, n: number, bytes: Buffer): Promise<void> {
    const text = `INSERT INTO ${this.#chunks} (id, n, bytes) SELECT $1::text, $2::integer, $3::bytea WHERE NOT EXISTS (SELECT 1 FROM ${this.#chunks} WHERE id = $1 AND n = $2)`;
    await this.#pool.query(text, [blobId, n, bytes], CHUNK_MS);
  }

  async *#readBytes(blobId: string): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      const text = `SELECT bytes FROM ${this.#chunks} WHERE id = $1 AND n = $2`;
      const [row] = await this.#pool.query<{ bytes: Buffer }>(text, [blobId, n], CHUNK_MS);
      if (!row) return;
      yield row.bytes;
    }
  }
}

function tablesOf(schema: string): readonly [blobs: string, chunks: string] {
  return [`${quote(schema)}.${quote(BLOBS)}`, `${quote(schema)}.${quote(CHUNKS)}`];
}
