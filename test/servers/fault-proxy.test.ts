import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, it } from 'node:test';
import { eventually } from '../conformance/eventually.ts';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';

/** Sends back what it gets. */
const echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
let proxy: FaultProxy;

before(async () => {
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startFaultProxy({ targetPort: (echo.address() as AddressInfo).port });
});
after(async () => {
  await proxy.stop();
  await new Promise((resolve) => echo.close(resolve));
});

it('forwards a megabyte in order, also where every chunk comes late', async () => {
  for (const delayMs of [0, 30]) {
    proxy.delay(delayMs);
    const { socket, received } = await open();
    const text = 'abcdefghij'.repeat(100_000);
    socket.write(text);
    await eventually(() => received().length === text.length);
    assert.equal(received(), text);
    socket.destroy();
  }
  proxy.heal();
});

it('cuts what is open and takes new connections; refuses them when told to', async () => {
  const first = await open();
  proxy.cut();
  await first.ended;
  await echoes(await open());
  proxy.refuse();
  await (
    await open()
  ).ended;
  proxy.accept();
  await echoes(await open());
});

it('loses the answers to a text, as often as told', async () => {
  proxy.loseAnswers('hel', 2);
  const connection = await open();
  await echoes(connection);
  connection.socket.write('hello');
  await connection.ended;
  assert.equal(connection.received(), 'hello');
  assert.equal(proxy.lost(), 1);
  await echoes(await open());
  proxy.heal();
});

it('cuts each connection in the middle of an answer', async () => {
  proxy.cutAnswers();
  for (let turn = 0; turn < 2; turn++) {
    const connection = await open();
    connection.socket.write('hello');
    await connection.ended;
    assert.equal(connection.received(), 'hel');
  }
  proxy.heal();
  await echoes(await open());
});

it('swallows bytes without closing, and resets those connections when it heals', async () => {
  const connection = await open();
  await echoes(connection);
  proxy.swallow();
  connection.socket.write('lost');
  const late = await open();
  late.socket.write('lost too');
  // Several turns of the loop, so that a machine that lags by one of them has read both.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(connection.received(), 'hello');
  assert.equal(connection.socket.readyState, 'open');
  proxy.heal();
  await Promise.all([connection.ended, late.ended]);
  await echoes(await open());
});

it('is slow when throttled', async () => {
  proxy.throttle(100_000);
  const { socket, received } = await open();
  const start = performance.now();
  socket.write('x'.repeat(20_000));
  await eventually(() => received().length === 20_000);
  assert.ok(performance.now() - start >= 300, 'each direction takes 200 ms');
  proxy.heal();
});

async function open() {
  const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
  let received = '';
  socket.on('data', (text) => (received += String(text)));
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return { socket, ended, received: () => received };
}

async function echoes({ socket, received }: { readonly socket: Socket; received(): string }): Promise<void> {
  socket.write('hello');
  await eventually(() => received() === 'hello');
}
