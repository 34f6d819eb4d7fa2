/** What every backend of the port `Blobs` promises. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';

export interface OpenedBlobs {
  readonly blobs: Blobs;
  /** Moves time on, or waits as long where a server keeps the time. */
  passTime(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function blobsConformance(name: string, open: () => Promise<OpenedBlobs>): void {
  describe(`blobs on ${name}`, () => {
    let opened: OpenedBlobs;
    before(async () => void (opened = await open()));
    after(() => opened.close());

    for (const sizeBytes of [0, 1, 32_767, 32_768, 32_769, 65_536, 1_000_003]) {
      it(`gives ${sizeBytes} bytes back as they came, in chunks of any size`, async () => {
        const bytes = pattern(sizeBytes);
        const ref = await opened.blobs.put(chunks(bytes), { limitBytes: sizeBytes });
        assert.equal(ref.sizeBytes, sizeBytes);
        assert.equal(digest(await collect(opened.blobs.get(ref.blobId))), digest(bytes));
      });
    }

    it('refuses what is over the limit and leaves nothing behind', async () => {
      await opened.passTime(10);
      const before = await list(opened.blobs);
      await assert.rejects(opened.blobs.put(chunks(pattern(100_001)), { limitBytes: 100_000 }), isCode('BLOB_TOO_LARGE'));
      await opened.passTime(10);
      assert.deepEqual(await list(opened.blobs), before);
    });

    it('passes on what the source throws and leaves nothing behind', async () => {
      await opened.passTime(10);
      const before = await list(opened.blobs);
      const broken = async function* () {
        yield pattern(50_000);
        throw new Error('the sender left');
      };
      await assert.rejects(opened.blobs.put(broken(), { limitBytes: 1e6 }), /the sender left/);
      await opened.passTime(10);
      assert.deepEqual(await list(opened.blobs), before);
    });

    it('says so when a blob is gone', async () => {
      const { blobId } = await opened.blobs.put(chunks(pattern(10)), { limitBytes: 10 });
      await opened.blobs.remove(blobId);
      await opened.blobs.remove(blobId);
      await assert.rejects(collect(opened.blobs.get(blobId)), isCode('BLOB_MISSING'));
      await assert.rejects(collect(opened.blobs.get('../../etc/passwd')), isCode('BLOB_MISSING'));
    });

    it('lists what is older than asked', async () => {
      const { blobId } = await opened.blobs.put(chunks(pattern(10)), { limitBytes: 10 });
      assert.ok(!(await list(opened.blobs, 1000)).includes(blobId));
      await opened.passTime(1500);
      assert.ok((await list(opened.blobs, 1000)).includes(blobId));
    });

    it('takes a blob from another store under its own id, and again in its place', async () => {
      const { blobId } = await opened.blobs.put(chunks(pattern(10)), { limitBytes: 10 });
      await opened.blobs.remove(blobId);
      for (const sizeBytes of [100_000, 50_000]) {
        const ref = await opened.blobs.put(chunks(pattern(sizeBytes)), { limitBytes: sizeBytes, blobId });
        assert.deepEqual(ref, { blobId, sizeBytes });
        assert.equal(digest(await collect(opened.blobs.get(blobId))), digest(pattern(sizeBytes)));
      }
      await opened.passTime(10);
      assert.equal((await list(opened.blobs)).filter((id) => id === blobId).length, 1);
    });

    it('lets a reader stop early', async () => {
      const { blobId } = await opened.blobs.put(chunks(pattern(200_000)), { limitBytes: 200_000 });
      for await (const chunk of opened.blobs.get(blobId)) {
        assert.ok(chunk.length > 0);
        break;
      }
    });
  });
}

export function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

/** Chunks of 1, 2, 4 … 65,536 bytes, over and over. */
export async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0, size = 1; from < bytes.length; from += size, size = size >= 65_536 ? 1 : size * 2)
    yield bytes.subarray(from, from + size);
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function list(blobs: Blobs, olderThanMs = 0): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const id of blobs.list(olderThanMs)) ids.push(id);
  return ids.sort();
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}
