/** Somebody who has taken over a machine in the DMZ floods a gateway inside. Others are served, and there are bounds to what he gets. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { silentLogger, type LogFields, type Logger } from '../../../engine/contract/values/observe.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { RELAY_HEADER, writeNodeRequest } from '../../../gateways/forward/relay-header.ts';
import { buildInterface, signRequest, type SignedRequest, type TestKey } from '../support/city-plan.ts';
import { fingerprintOf, openDmzLab, type Certificate, type DmzLab } from '../support/dmz-lab.ts';
import { callGateway, callSigned, echo, makeCertificate, startGateway, type Settings, type TestGateway } from '../support/start-gateway.ts';

let lab: DmzLab;
let insideCertificate: Certificate;
let taken: Certificate;
let honest: Certificate;
before(async () => {
  lab = await openDmzLab();
  insideCertificate = await makeCertificate();
  ({ open: taken, strange: honest } = lab.certificates);
});
after(() => lab.close());

const relay = writeNodeRequest({
  kind: 'call',
  host: 'localhost',
  relay: { traceId: 'trace-of-the-test', clientIp: '192.0.2.7', leftMs: 60_000, traceparent: undefined },
});
const turn = () => new Promise((resolve) => setImmediate(resolve));
const tokenDigest = createHash('sm3').update('internal-system').digest('hex');

interface Inside extends TestGateway {
  readonly lines: readonly { readonly event: string; readonly fields: LogFields }[];
  readonly internal: () => ReturnType<typeof callGateway>;
  /** Flows of `ifc_hang` answer when it is called. */
  readonly letGo: () => void;
}

async function startInside(limits: Settings['limits'] = {}): Promise<Inside> {
  const hanging = Promise.withResolvers<void>();
  const lines: Inside['lines'][number][] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (event, fields = {}) => void lines.push({ event, fields }),
    child: () => logger,
  };
  const plan = {
    ...lab.plan,
    interfaces: [...lab.plan.interfaces, buildInterface({ interfaceId: 'ifc_hang', path: '/open/v1/hang', timeoutMs: 60_000 })],
    busConsumers: [{ appId: 'app-sm2', tokenDigest }],
  };
  const granted = {
    ...plan,
    grants: plan.grants.concat(plan.apps.map(({ appId }) => ({ grantId: 'grt_h', revision: 1, appId, interfaceId: 'ifc_hang' }))),
  };
  const forwardNodes = [taken, honest].map((one) => ({ fingerprint: fingerprintOf(one), front: 'open' as const, domains: ['city'] }));
  const started = await startGateway(granted, {
    ...{ front: 'bus', logger, settings: { tls: insideCertificate, forwardNodes, limits } },
    reply: (call): FlowResult | Promise<FlowResult> =>
      call.caller.interfaceId === 'ifc_hang' ? hanging.promise.then(() => echo(call)) : echo(call),
  });
  lab.own(() => started.stop());
  const headers = { authorization: 'Bearer internal-system', 'content-type': 'application/json' };
  const internal = () => callGateway(started.gateway, { method: 'POST', target: '/bus/v1/notes', headers, body: '{}' });
  return { ...started, lines, internal, letGo: hanging.resolve };
}

/** Bytes as a node sends them. */
function bytesOf({ method, path, headers, body, authorization }: SignedRequest): string {
  const lines = [...headers, ['authorization', authorization], [RELAY_HEADER, relay]]
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return `${method} ${path} HTTP/1.1\r\nHost: inside\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body.toString()}`;
}

const forge = (signed: SignedRequest): SignedRequest => ({ ...signed, body: Buffer.from('{"hospital":"B"}') });
const forged = async (key: TestKey) => bytesOf(forge(await signRequest(key)));

function open(t: TestContext, { gateway }: TestGateway, certificate: Certificate): TLSSocket {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ...certificate });
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

/** The next answer, or what the connection still said before it ended. */
async function answerOf(socket: TLSSocket, bytes: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(bytes);
  return String((await answer)[0]);
}

function hand(inside: TestGateway, certificate: Certificate, signed: SignedRequest) {
  return callSigned(inside.gateway, signed, { [RELAY_HEADER]: relay }, certificate);
}

test('a connection of a node has one call under way: the next waits for it, and who sends more is cut off', async (t) => {
  const inside = await startInside();
  const calls = async (count: number) =>
    (await Promise.all(Array.from({ length: count }, () => signRequest(lab.sm2, { path: '/open/v1/hang' })))).map(bytesOf);
  const two = open(t, inside, taken);
  let said = '';
  two.on('data', (chunk: Buffer) => (said += chunk.toString()));
  two.write((await calls(2)).join(''));
  while (inside.calls.length < 1) await turn();
  const many = open(t, inside, taken);
  many.write((await calls(50)).join(''));
  await once(many, 'close');
  for (let i = 0; i < 50; i++) await turn();
  assert.equal(inside.calls.length, 2, 'one of each connection');
  inside.letGo();
  while (said.split('HTTP/1.1 200').length < 3) await turn();
  assert.equal(inside.calls.length, 3);
});

test('a node has so many calls under way, and all nodes together, also when it does not wait for them; others are served', async (t) => {
  const inside = await startInside({ maxForwardedCallsPerNode: 4, maxForwardedCalls: 6 });
  const hang = async (certificate: Certificate) => {
    const socket = open(t, inside, certificate);
    socket.write(bytesOf(await signRequest(lab.sm2, { path: '/open/v1/hang' })));
    return socket;
  };
  const sockets = await Promise.all(Array.from({ length: 4 }, () => hang(taken)));
  while (inside.calls.length < 4) await turn();
  assert.equal((await hand(inside, taken, await signRequest(lab.sm2))).code, 'GW50301');
  for (const socket of sockets) await once(socket.destroy(), 'close');
  while (inside.gateway.stats().inFlight > 0) await turn();
  assert.equal((await hand(inside, taken, await signRequest(lab.sm2))).code, 'GW50301', 'its flows run on');
  assert.equal((await hand(inside, honest, await signRequest(lab.sm2))).status, 200);
  await Promise.all([hang(honest), hang(honest)]);
  while (inside.calls.length < 7) await turn();
  assert.equal((await hand(inside, honest, await signRequest(lab.sm2))).code, 'GW50301', 'six of both');
  assert.equal((await inside.internal()).status, 200);
  inside.letGo();
  while ((await hand(inside, taken, await signRequest(lab.sm2))).status !== 200) await turn();
});

test('a connection that sent three wrong signatures is closed and the log tells of its node; of a shared secret only the inside can tell', async (t) => {
  const inside = await startInside();
  const socket = open(t, inside, taken);
  const ended = once(socket, 'close');
  for (const isLast of [false, false, true]) {
    const answer = await answerOf(socket, await forged(lab.sm2));
    assert.match(answer, /GW40103/);
    assert.equal(/connection: close/i.test(answer), isLast);
  }
  await ended;
  assert.deepEqual(
    inside.lines.map(({ event, fields }) => [event, fields['node']]),
    [['gateway.forward-forged', fingerprintOf(taken).slice(0, 16)]],
  );
  const shared = open(t, inside, honest);
  for (let i = 0; i < 5; i++) assert.doesNotMatch(await answerOf(shared, await forged(lab.hmac)), /connection: close/i);
});

test('while a node floods with wrong signatures, another node and an internal system are answered', async (t) => {
  const inside = await startInside();
  let isOver = false;
  let refused = 0;
  const flood = async () => {
    while (!isOver) {
      const socket = open(t, inside, taken);
      await once(socket, 'secureConnect');
      let count = 0;
      for (let isOpen = true; isOpen && !isOver; count++)
        isOpen = !/connection: close/i.test(await answerOf(socket, await forged(lab.sm2)));
      assert.ok(count <= 3);
      refused += count;
      socket.destroy();
    }
  };
  const floods = Array.from({ length: 32 }, flood);
  while (refused < 32) await turn();
  for (let i = 0; i < 10; i++) {
    const [other, internal] = await Promise.all([hand(inside, honest, await signRequest(lab.sm2)), inside.internal()]);
    assert.deepEqual([other.status, internal.status], [200, 200]);
  }
  isOver = true;
  await Promise.all(floods);
  assert.equal(inside.calls.length, 20, 'and nothing of the flood was carried out');
});

test('fifty refused requests are one line in the log', async (t) => {
  const inside = await startInside();
  const socket = open(t, inside, insideCertificate);
  for (let i = 0; i < 50; i++) await answerOf(socket, `GET / HTTP/1.1\r\nHost: x\r\n${RELAY_HEADER}: plan=0\r\n\r\n`);
  assert.deepEqual(inside.lines, [{ event: 'gateway.forward-refused', fields: { ip: '127.0.0.1', count: 1 } }]);
});
