import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { sleep } from '../../../engine/contract/values/clock.ts';
import { silentMetrics } from '../../../engine/contract/values/observe.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { DEFAULT_LIMITS, listen } from '../../../gateways/listen/listen.ts';

/** A listener whose answers the test gives, and a connection that has sent so many requests at once. */
async function pipelined(t: TestContext, requests: number, mostWaiting?: number) {
  const responses: ServerResponse[] = [];
  let closed = 0;
  const listener = await listen({
    settings: { host: '127.0.0.1', port: 0, trustedProxies: [] },
    limits: DEFAULT_LIMITS,
    clock: wallClock(),
    metrics: silentMetrics,
    requestsClientCertificate: false,
    ...(mostWaiting === undefined ? {} : { mostWaiting: () => mostWaiting }),
    onRequest: (_request, response) => {
      responses.push(response);
      response.once('close', () => closed++);
    },
    onUnreadable: () => undefined,
    onDrainOver: () => undefined,
  });
  t.after(() => listener.stop());
  const socket: Socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(requests));
  const isWithin = async (what: () => boolean) => {
    for (let n = 0; n < 3000 && !what(); n++) await sleep(wallClock(), 10);
    return what();
  };
  return { responses, socket, closed: () => closed, isWithin };
}

test('answers pipelined requests in their order', async (t) => {
  const { responses, socket, isWithin } = await pipelined(t, 20);
  assert.ok(await isWithin(() => responses.length === 20));
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  for (const [index, response] of [...responses.entries()].reverse()) response.end(`<${index}>`);
  assert.ok(await isWithin(() => received.includes('<19>')));
  assert.deepEqual(
    [...received.matchAll(/<(\d+)>/g)].map(([, index]) => Number(index)),
    [...responses.keys()],
  );
  socket.destroy();
});

test('ends a connection that pipelines without bound', async (t) => {
  const { responses, socket, closed, isWithin } = await pipelined(t, 10_000);
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(responses.length, 33);
  assert.ok(await isWithin(() => closed() === 33), 'and every request is over');
});

test('says nothing of what is malformed behind requests that wait: their callers would take it for their answers', async (t) => {
  const { responses, socket, closed, isWithin } = await pipelined(t, 3);
  assert.ok(await isWithin(() => responses.length === 3));
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write('nonsense\r\n\r\n');
  assert.ok(await isWithin(() => closed() === 3));
  assert.equal(received, '');
});

test('gives back what waiting requests took when their caller leaves', async (t) => {
  const { responses, socket, closed, isWithin } = await pipelined(t, 10);
  assert.ok(await isWithin(() => responses.length === 10));
  socket.destroy();
  assert.ok(await isWithin(() => closed() === 10));
  assert.ok(responses.every((response) => response.destroyed));
});

test('a request whose turn has come waits no more: under a bound of one the next may come while it is answered', async (t) => {
  const { responses, socket, isWithin } = await pipelined(t, 2, 1);
  assert.ok(await isWithin(() => responses.length === 2));
  for (let count = 3; count < 10; count++) {
    responses[count - 3]!.end();
    assert.ok(await isWithin(() => responses[count - 2]!.socket !== null));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.ok(await isWithin(() => responses.length === count || socket.destroyed));
    assert.equal(responses.length, count);
  }
  socket.resume();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(responses.length, 9);
});
