import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MirrorQueue, type MirrorQueueOptions } from '../../../gateways/load/mirror-queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function build(options: Partial<MirrorQueueOptions<Uint8Array>> = {}) {
  const held: { copy: Uint8Array; end: (isGood: boolean) => void }[] = [];
  const counts = { sent: 0, failed: 0, dropped: 0 };
  const queue = new MirrorQueue<Uint8Array>({
    onEnd: (outcome) => void counts[outcome]++,
    send: (copy) =>
      new Promise((resolve, reject) => held.push({ copy, end: (isGood) => (isGood ? resolve() : reject(new Error('refused'))) })),
    bytesOf: ({ byteLength }) => byteLength,
    ...options,
  });
  return { queue, held, counts };
}

test('adding never sends in the same turn, and a few are sent at a time, in order', async () => {
  const { queue, held, counts } = build({ atOnce: 2 });
  for (let i = 0; i < 5; i++) queue.add(new Uint8Array([i]));
  assert.equal(held.length, 0);
  await turn();
  assert.equal(held.length, 2);
  held[0]!.end(true);
  held[1]!.end(false);
  await turn();
  assert.deepEqual(
    held.map(({ copy }) => copy[0]),
    [0, 1, 2, 3],
  );
  assert.deepEqual(counts, { sent: 1, failed: 1, dropped: 0 });
});

test('a full queue drops the oldest and counts it', async () => {
  const { queue, held, counts } = build({ atOnce: 1, mostCopies: 3 });
  queue.add(new Uint8Array([0]));
  await turn();
  for (let i = 1; i <= 5; i++) queue.add(new Uint8Array([i]));
  assert.equal(queue.length, 3);
  assert.equal(counts.dropped, 2);
  for (let i = 0; i < 4; i++) {
    held[i]!.end(true);
    await turn();
  }
  assert.deepEqual(
    held.map(({ copy }) => copy[0]),
    [0, 3, 4, 5],
  );
  assert.equal(queue.bytes, 0);
});

test('the bytes are bounded, those being sent too', async () => {
  const { queue, held, counts } = build({ atOnce: 1, mostBytes: 100 });
  queue.add(new Uint8Array(101));
  assert.equal(counts.dropped, 1);
  queue.add(new Uint8Array(80));
  await turn();
  queue.add(new Uint8Array(30));
  assert.equal(counts.dropped, 2, 'no room until the first is sent');
  queue.add(new Uint8Array(20));
  assert.equal(queue.bytes, 100);
  held[0]!.end(true);
  await turn();
  assert.equal(queue.bytes, 20);
});
