/** The stream of events, from a local server that sends what the test says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { EventSource } from 'undici';
import { LiveConnection, RECONNECTED } from '../../../designer/src/api/live-connection.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

test('one stream serves every listener, also those that come later, until they leave', async (t) => {
  const { live, streams, next, send } = await control(t);
  const heard: string[] = [];
  const leave = live.hear('counts', ({ held }: { held: number }) => heard.push(`a ${held}`));
  await next();
  await stateOf(live, 'open');
  live.hear('counts', ({ held }: { held: number }) => heard.push(`b ${held}`));
  const draft = new Promise<unknown>((resolve) => live.hear('draft', resolve));
  send('counts', { held: 1 });
  send('alarms', {});
  send('draft', { flowId: '流程' });
  assert.deepEqual(await draft, { flowId: '流程' });
  leave();
  const alarm = new Promise((resolve) => live.hear('alarms', resolve));
  send('counts', { held: 2 });
  send('alarms', {});
  await alarm;
  assert.deepEqual([heard, streams.length], [['a 1', 'b 1', 'b 2'], 1]);
});

test('a lost stream is reported and opened again after two seconds, with the same listeners', async (t) => {
  const { live, clock, streams, next, send } = await control(t);
  const counts: unknown[] = [];
  live.hear('counts', (data) => counts.push(data));
  await next();
  await stateOf(live, 'open');
  streams[0]!.destroy();
  await stateOf(live, 'lost');
  await clock.advance(1999);
  assert.equal(streams.length, 1);
  await clock.advance(1);
  await next();
  await stateOf(live, 'open');
  const end = new Promise((resolve) => live.hear('end', resolve));
  send('counts', { held: 3 });
  send('end', {});
  await end;
  assert.deepEqual([counts, streams.length, clock.pending()], [[{ held: 3 }], 2, 0]);
});

test('it goes on asking while control is away or answers with an error page', async (t) => {
  const { live, clock, streams, next, planned, answer } = await control(t);
  answer.with = (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
  const states: string[] = [];
  live.onState(() => states.push(live.state));
  for (let times = 1; times <= 3; times += 1) {
    await next();
    await planned();
    assert.equal(live.state, 'lost');
    assert.equal(streams.length, times);
    if (times === 3) answer.with = undefined;
    await clock.advance(2000);
  }
  await next();
  await stateOf(live, 'open');
  assert.deepEqual(states, ['lost', 'open']);
});

test('listeners learn that the stream was lost once it is open again, so that they load their data again', async (t) => {
  const { live, clock, streams, next } = await control(t);
  let times = 0;
  live.hear(RECONNECTED, () => (times += 1));
  await next();
  await stateOf(live, 'open');
  assert.equal(times, 0, 'the first stream misses nothing');
  streams[0]!.destroy();
  await stateOf(live, 'lost');
  await clock.advance(2000);
  assert.equal(times, 0, 'not before control answers');
  await next();
  await stateOf(live, 'open');
  assert.equal(times, 1);
});

test('a page that opens a flow gets its counts too, and none after it has left', async (t) => {
  const { live, clock, paths, streams, next } = await control(t);
  live.hear('flow-live', () => undefined);
  await next();
  await stateOf(live, 'open');
  const closed = once(streams[0]!, 'close');
  const leave = live.watch('flw a&b');
  await next();
  await closed;
  leave();
  await stateOf(live, 'open');
  streams[1]!.destroy();
  await stateOf(live, 'lost');
  await clock.advance(2000);
  await next();
  assert.deepEqual(paths, ['/api/v1/events', '/api/v1/events?flow=flw%20a%26b', '/api/v1/events']);
});

async function control(t: TestContext) {
  const streams: ServerResponse[] = [];
  const paths: (string | undefined)[] = [];
  const answer: { with?: ((response: ServerResponse) => void) | undefined } = {};
  let arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    streams.push(response);
    paths.push(request.url);
    if (answer.with !== undefined) answer.with(response);
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\n\n');
    arrived.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened: EventSource[] = [];
  const OfPage = class extends EventSource {
    constructor(path: string | URL) {
      super(new URL(path, address));
      opened.push(this);
    }
  };
  Object.assign(globalThis, { EventSource: OfPage });
  t.after(() => {
    for (const source of opened) source.close();
    server.closeAllConnections();
    server.close();
  });
  const clock = fakeClock();
  let plan = Promise.withResolvers<void>();
  const after: typeof clock.after = (delayMs, action) => {
    queueMicrotask(plan.resolve);
    return clock.after(delayMs, action);
  };
  /** Waits for the next stream to be asked for. */
  const next = async () => {
    await arrived.promise;
    arrived = Promise.withResolvers<void>();
  };
  /** Waits until the next attempt is planned. */
  const planned = async () => {
    await plan.promise;
    plan = Promise.withResolvers<void>();
  };
  const send = (name: string, data: object) => void streams.at(-1)!.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  return { live: new LiveConnection({ after }), clock, streams, paths, answer, next, planned, send };
}

async function stateOf(live: LiveConnection, wanted: string): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const look = () => {
    if (live.state === wanted) reached.resolve();
  };
  const stop = live.onState(look);
  look();
  await reached.promise;
  stop();
}
