import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { openFileBlobs } from '../../../storage/blobs/open-file-blobs.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

/** The blob store of the product, in a folder that ends with the test. */
export async function fileBlobs(t: TestContext): Promise<Blobs> {
  const clock = wallClock();
  const folder = await mkdtemp(join(tmpdir(), 'kq-blobs-'));
  const dataKeys = await openDataKeys({ documents: createMemoryDocuments({ clock }), kek: new Uint8Array(32), clock });
  const blobs = await openFileBlobs({ folder, dataKeys, clock, logger: silentLogger });
  t.after(async () => {
    await blobs.close();
    await rm(folder, { recursive: true, force: true });
  });
  return blobs;
}

/** Runs the work and returns by how many bytes the process was larger meanwhile. */
export async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

/** So many megabytes that compress badly and are cheap to make. */
export async function* megabytes(count: number): AsyncIterable<Uint8Array> {
  const block = new Uint8Array(1_048_576);
  for (let at = 0, state = 1; at < block.length; at++) block[at] = (state = (state * 48_271) % 2_147_483_647) & 0xff;
  for (let number = 0; number < count; number++) yield block;
}
