import {
  GridFSBucket,
  MongoError,
  MongoGridFSChunkError,
  type Collection,
  type Db,
  type GridFSBucketWriteStream,
  type GridFSChunk,
  type GridFSFile,
} from 'mongodb';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';
import { openFrames, readChunks, sealFrames } from '../blobs/blob-frames.ts';
import { blobDamaged, blobMissing, checked, limited } from '../blobs/blob-rules.ts';
import { translateMongoError } from './translate-mongo-error.ts';

const BUCKET = 'blobs';
const MAJORITY = { writeConcern: { w: 'majority', journal: true } } as const;

type ById<T> = Omit<T, '_id' | 'files_id'> & { readonly _id: string; readonly files_id: string };

/**
 * Opens blobs as encrypted files in GridFS. The memory used is constant for any blob size. `put` resolves when a
 * majority of the servers has flushed the whole blob. A half-written blob has chunks but no entry in the list of files.
 * It is listed with the others, so it is removed as an orphan.
 */
export function openGridfsBlobs(options: {
  readonly database: Db;
  readonly dataKeys: DataKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}): Blobs {
  const { database, dataKeys, clock, logger } = options;
  const bucket = new GridFSBucket(database, { bucketName: BUCKET, ...MAJORITY });
  const files: Collection<ById<GridFSFile>> = database.collection(`${BUCKET}.files`, MAJORITY);
  const chunks: Collection<ById<GridFSChunk>> = database.collection(`${BUCKET}.chunks`, MAJORITY);

  /** Removes a blob. Its first chunk is removed last, because the blob is listed as long as this chunk exists. */
  async function remove(blobId: string): Promise<void> {
    await files.deleteOne({ _id: blobId });
    await chunks.deleteMany({ files_id: blobId, n: { $gt: 0 } });
    await chunks.deleteOne({ files_id: blobId, n: 0 });
  }

  return {
    async put(source, { limitBytes, blobId: given }) {
      const blobId = given === undefined ? createTimedId('blob', clock.now()) : checked(given);
      if (given !== undefined) await remove(blobId).catch(rethrow);
      // The driver's types for GridFS allow only object ids, but any value works.
      const upload = bucket.openUploadStreamWithId(blobId as never, blobId);
      try {
        return { blobId, sizeBytes: await writeAll(upload, sealFrames(limited(source, limitBytes), blobId, dataKeys.current())) };
      } catch (error) {
        upload.destroy();
        await remove(blobId).catch((cause: unknown) => logger.error('blobs.left-behind', cause, { blobId }));
        throw translateMongoError(error);
      }
    },
    async *get(blobId) {
      const stream = bucket.openDownloadStream(checked(blobId) as never);
      try {
        yield* openFrames(readChunks(stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>), blobId, dataKeys);
      } catch (error) {
        throw translateReadError(error, blobId);
      } finally {
        stream.destroy();
      }
    },
    async remove(blobId) {
      await remove(checked(blobId)).catch(rethrow);
    },
    async *list(olderThanMs) {
      // Ids start with their creation time, so ids created earlier sort before this one.
      const end = createTimedId('blob', Math.max(0, clock.now() - olderThanMs)).slice(0, 14);
      try {
        const first = chunks.find({ n: 0, files_id: { $lt: end } }, { projection: { files_id: 1 }, sort: { files_id: 1, n: 1 } });
        for await (const { files_id: blobId } of first) yield blobId;
      } catch (error) {
        throw translateMongoError(error);
      }
    },
    async close() {},
  };
}

/** Uploads the frames. Returns the number of plain bytes. */
async function writeAll(upload: GridFSBucketWriteStream, frames: AsyncGenerator<Uint8Array, number>): Promise<number> {
  const failed = new Promise<never>((_resolve, reject) => upload.once('error', reject));
  failed.catch(() => {});
  let next = await frames.next();
  for (; !next.done; next = await frames.next()) {
    if (!upload.write(Buffer.from(next.value))) await Promise.race([failed, once(upload, 'drain')]);
  }
  const finished = once(upload, 'finish');
  upload.end();
  await Promise.race([failed, finished]);
  return next.value;
}

function once(upload: GridFSBucketWriteStream, event: string): Promise<void> {
  return new Promise((resolve) => upload.once(event, () => resolve()));
}

function translateReadError(error: unknown, blobId: string): unknown {
  if (error instanceof MongoGridFSChunkError) return blobDamaged(blobId);
  if (error instanceof MongoError && (error as { readonly code?: unknown }).code === 'ENOENT') return blobMissing(blobId);
  return translateMongoError(error);
}

function rethrow(error: unknown): never {
  throw translateMongoError(error);
}
