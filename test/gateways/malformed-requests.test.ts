import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildInterface, buildPlan, createTestKey, signRequest, type TestKey } from './support/city-plan.ts';
import { callSigned, startGateway } from './support/start-gateway.ts';

const COUNT = 10_000;

test(`${COUNT} malformed requests get 4xx, never 5xx, and the gateway goes on serving`, async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const requestSchema = { type: 'object', required: ['hospital'], properties: { hospital: { type: 'string', maxLength: 20 } } };
  const started = await startGateway(
    await buildPlan(
      [key],
      [buildInterface({ requestSchema }), buildInterface({ interfaceId: 'ifc_2', method: 'GET', path: '/open/v1/:id' })],
    ),
  );
  t.after(() => started.stop());
  const samples = fc.sample(malformed(), COUNT);
  const statuses = new Map<string, number>();
  let done = 0;
  const worker = async () => {
    for (let sample = samples.pop(); sample !== undefined; sample = samples.pop()) {
      const status = await send(started.gateway.port, await sample(key));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      done++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  t.diagnostic(`${done} requests: ${[...statuses].map(([status, count]) => `${status} x ${count}`).join(', ')}`);
  assert.ok(
    [...statuses.keys()].every((status) => status.startsWith('4')),
    [...statuses.keys()].join(),
  );
  assert.equal(done, COUNT);
  assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
});

type Make = (key: TestKey) => Promise<string> | string;

/** Wrong on the wire, in the signature header, and (rightly signed) in the body. */
function malformed(): fc.Arbitrary<Make> {
  const junk = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text).toString('latin1'));
  const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  const depth = fc.integer({ min: 65, max: 3000 });
  const body = fc.oneof(
    junk.filter((text) => text !== ''),
    depth.map((n) => '['.repeat(n) + ']'.repeat(n)),
    depth.map((n) => '{"a":'.repeat(n) + '1' + '}'.repeat(n)),
    fc.constantFrom(
      '{"hospital":1e999}',
      '{"hospital":"A","hospital":"B"}',
      '{"__proto__":{"x":1}}',
      '{"hospital":"\ud800"',
      '{"hospital":NaN}',
      '[]',
      'null',
      '{"hospital":99999999999999999999}',
    ),
    fc.json().filter((text) => text !== ''),
  );
  return fc.oneof(
    junk.map(
      (text): Make =>
        () =>
          `${text}\r\n\r\n`,
    ),
    junk.map(
      (text): Make =>
        () =>
          `GET /open/v1/${text} HTTP/1.1\r\nHost: a\r\n\r\n`,
    ),
    fc.tuple(printable, printable).map(
      ([name, value]): Make =>
        () =>
          `POST /open/v1/appointments HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\nContent-Length: 0\r\n\r\n`,
    ),
    printable.map(
      (text): Make =>
        () =>
          `POST /open/v1/appointments HTTP/1.1\r\nHost: a\r\nAuthorization: KQ1-HMAC-SM3 ${text}\r\nContent-Length: 0\r\n\r\n`,
    ),
    fc.tuple(fc.nat(300), printable).map(([at, text]): Make => async (key) => {
      const { authorization } = await signRequest(key);
      return `POST /open/v1/appointments HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization.slice(0, at)}${text}${authorization.slice(at + 2)}\r\nContent-Length: 0\r\n\r\n`;
    }),
    body.map((text): Make => async (key) => {
      const signed = await signRequest(key, { body: Buffer.from(text, 'latin1') });
      return `POST ${signed.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: ${signed.authorization}\r\nContent-Length: ${signed.body.length}\r\n\r\n${signed.body.toString('latin1')}`;
    }),
  );
}

/** Sends the bytes, ends the sending side, and gives the status; `4 closed` when the gateway only closes. */
function send(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(bytes, 'latin1'));
    const settle = () => resolve(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? '4 closed');
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.length > 12) socket.destroy();
    });
    socket.on('error', settle);
    socket.on('close', settle);
  });
}
