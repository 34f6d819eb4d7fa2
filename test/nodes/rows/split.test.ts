import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import rowsRead from '../../../nodes/rows/read.node.ts';
import rowsSplit from '../../../nodes/rows/split.node.ts';
import { endsOnCancel, LARGE_LIST } from '../support/large.ts';
import { messageOf, refusalOf } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'batches have all rows in their order, and are read again one by one',
  refusal: 'too many batches, and batches that are too large, are refused',
  slow: '10 MB become batches',
  duplicate: 'batches have all rows in their order, and are read again one by one',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB become batches',
});

interface Batch {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly from: number;
}

test('batches have all rows in their order, and are read again one by one', async () => {
  const rows = Array.from({ length: 25 }, (_, id) => ({ id, name: '张三' }));
  const blobs = memoryBlobs();
  const text = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const whole = await blobs.put(inPieces(text, 7), { limitBytes: 10_000 });
  for (const data of [rows, whole]) {
    const batches = (await messageOf(rowsSplit, { data, blobs, config: { rowsPerBatch: 10 } })).data as readonly Batch[];
    assert.deepEqual(
      batches.map(({ rows: count, from }) => [count, from]),
      [
        [10, 1],
        [10, 11],
        [5, 21],
      ],
    );
    const read: unknown[] = [];
    for (const batch of batches) read.push(...((await messageOf(rowsRead, { data: batch, blobs })).data as readonly unknown[]));
    assert.deepEqual(read, rows);
  }
  assert.deepEqual((await messageOf(rowsSplit, { data: [], blobs })).data, []);
});

test('too many batches, and batches that are too large, are refused', async () => {
  const rows = Array.from({ length: 25 }, (_, id) => ({ id, text: 'x'.repeat(100) }));
  const codeOf = async (config: Record<string, unknown>, data: unknown = rows) =>
    (await refusalOf(messageOf(rowsSplit, { data, config })))[0];
  assert.equal(await codeOf({ rowsPerBatch: 10, maxBatches: 2 }), 'TABLE_TOO_MANY_ROWS');
  assert.equal(await codeOf({ maxBatchBytes: 1024 }), 'TABLE_TOO_LARGE');
  assert.equal(await codeOf({}, 'text'), 'TABLE_SOURCE');
});

test('10 MB become batches', async () => {
  const batches = (await messageOf(rowsSplit, { data: LARGE_LIST, config: { rowsPerBatch: 5000 } })).data as readonly Batch[];
  assert.deepEqual([batches.length, batches.reduce((sum, { rows }) => sum + rows, 0)], [20, LARGE_LIST.length]);
});

test('a cancel ends it', async () => {
  await endsOnCancel(rowsSplit, { data: LARGE_LIST });
});

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
