import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBegin } from '../../../../engine/contract/ports/read-begin.ts';

const PARTS = [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5)];

function source() {
  const seen = { read: 0, isClosed: false };
  async function* parts() {
    try {
      for (const part of PARTS) {
        seen.read += 1;
        yield part;
      }
    } finally {
      seen.isClosed = true;
    }
  }
  return { seen, parts: parts() };
}

async function collected(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

test('reads as much as is needed, and gives it again with the rest', async () => {
  for (const [leastBytes, read, isWhole] of [
    [0, 0, false],
    [1, 1, false],
    [3, 2, false],
    [5, 3, false],
    [6, 3, true],
  ] as const) {
    const { seen, parts } = source();
    const begun = await readBegin(parts, leastBytes);
    assert.deepEqual([seen.read, begun.begin, begun.isWhole], [read, PARTS.slice(0, read), isWhole]);
    assert.deepEqual(await collected(begun.content), PARTS);
    assert.ok(seen.isClosed);
  }
});

test('the stream is closed if its content is given up, also before the first part', async () => {
  for (const taken of [0, 1, 3]) {
    const { seen, parts } = source();
    const iterator = (await readBegin(parts, 3)).content[Symbol.asyncIterator]();
    for (let count = 0; count < taken; count++) await iterator.next();
    await iterator.return!();
    assert.ok(seen.isClosed);
  }
});
