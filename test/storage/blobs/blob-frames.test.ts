import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openFrames, readChunks, sealFrames } from '../../../storage/blobs/blob-frames.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { chunks, collect, pattern } from '../../conformance/blobs.ts';

it('opens sealed bytes that come in chunks of any size, and finds the end missing', async () => {
  const clock = fakeClock();
  const dataKeys = await openDataKeys({ documents: createMemoryDocuments({ clock }), kek: new Uint8Array(32), clock });
  const plain = pattern(100_000);
  const sealed = await collect(sealFrames(chunks(plain), 'blob_1', dataKeys.current()));
  const opened = (bytes: Uint8Array) => collect(openFrames(readChunks(chunks(bytes)), 'blob_1', dataKeys));
  assert.deepEqual(Buffer.from(await opened(sealed)), Buffer.from(plain));
  await assert.rejects(opened(sealed.subarray(0, -1)), (error) => error instanceof AppError && error.code === 'BLOB_DAMAGED');
});
