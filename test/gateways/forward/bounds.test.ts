/** What one citizen, or an attacker on a machine in the DMZ, can use up: never the share of others. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect as connectPlain } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { FlowCall, FlowResult } from '../../../engine/contract/node/run-flow.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { RELAY_HEADER, writeNodeRequest } from '../../../gateways/forward/relay-header.ts';
import { buildInterface, signRequest } from '../support/city-plan.ts';
import { fingerprintOf, openDmzLab, type DmzLab } from '../support/dmz-lab.ts';
import { callGateway, callSigned, echo, makeCertificate, startGateway, type Settings, type TestGateway } from '../support/start-gateway.ts';

let lab: DmzLab;
let insideCertificate: { key: string; cert: string };
before(async () => {
  lab = await openDmzLab();
  insideCertificate = await makeCertificate();
});
after(() => lab.close());

const relay = writeNodeRequest({
  kind: 'call',
  host: 'localhost',
  relay: { traceId: 'trace-of-the-test', clientIp: '192.0.2.7', leftMs: 60_000, traceparent: undefined },
});

async function startInside(
  plan: GatewayPlan,
  limits: Settings['limits'] = {},
  reply: (call: FlowCall) => FlowResult | Promise<FlowResult> = echo,
): Promise<TestGateway> {
  const { open, user } = lab.certificates;
  const forwardNodes = [
    { fingerprint: fingerprintOf(open), front: 'open' as const, domains: ['city'] },
    { fingerprint: fingerprintOf(user), front: 'user' as const, domains: ['city'] },
  ];
  const started = await startGateway(plan, { front: 'bus', reply, settings: { tls: insideCertificate, forwardNodes, limits } });
  lab.own(() => started.stop());
  return started;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('bodies from the DMZ fill half of the budget at most: internal systems keep theirs', async () => {
  const tokenDigest = createHash('sm3').update('internal-system').digest('hex');
  const busConsumers = [{ appId: 'app-sm2', tokenDigest }];
  const inside = await startInside({ ...lab.plan, busConsumers }, { bodyBudgetBytes: 100_000 });
  const body = JSON.stringify({ text: 'x'.repeat(60_000) });
  const signed = await signRequest(lab.sm2, { body });
  const handedOver = { ...Object.fromEntries(signed.headers), authorization: signed.authorization, [RELAY_HEADER]: relay };
  const fromDmz = { method: 'POST', target: signed.path, headers: handedOver, body, tls: lab.certificates.open };
  assert.equal((await callGateway(inside.gateway, fromDmz)).code, 'GW50301');
  const headers = { authorization: 'Bearer internal-system', 'content-type': 'application/json' };
  assert.equal((await callGateway(inside.gateway, { method: 'POST', target: '/bus/v1/notes', headers, body })).status, 200);
  assert.equal((await callSigned(inside.gateway, signed)).code, 'GW40401', 'an open interface is not one of the bus');
});

test('a node that asks for its plan again and again and never reads it has eight in memory', async () => {
  const requestSchema = { type: 'object', description: 'x'.repeat(12_000_000) };
  const inside = await startInside({ ...lab.plan, interfaces: [buildInterface({ requestSchema })] });
  const ask = { target: '/', headers: { [RELAY_HEADER]: 'plan=0' }, tls: lab.certificates.open };
  const sockets: TLSSocket[] = [];
  for (let i = 0; i < 8; i += 1) {
    const socket = connectTls({ port: inside.gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ...lab.certificates.open });
    sockets.push(socket);
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${RELAY_HEADER}: plan=0\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
  }
  assert.equal((await callGateway(inside.gateway, ask)).code, 'GW50301');
  for (const socket of sockets) socket.destroy();
  while ((await callGateway(inside.gateway, ask)).status !== 200) await turn();
});

test('slow uploads of a citizen leave connections to everybody’s calls', async () => {
  const interfaces = lab.plan.interfaces.map((document) => ({ ...document, timeoutMs: 60_000 }));
  const inside = await startInside({ ...lab.plan, interfaces });
  const connected = lab.connect([inside.gateway.port], lab.certificates.user, insideCertificate.cert);
  const node = await startGateway(await connected.newer(0), { front: 'user', inside: connected });
  lab.own(() => node.stop());
  const authorization = `Bearer ${await lab.citizenToken()}`;
  const head = `POST /user/v1/images HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: 70000\r\n\r\nx`;
  const slow = Array.from({ length: 128 }, () => {
    const socket = connectPlain(node.gateway.port, '127.0.0.1');
    socket.write(head);
    return socket;
  });
  while (inside.gateway.stats().inFlight < slow.length) await turn();
  const upload = () =>
    callGateway(node.gateway, { method: 'POST', target: '/user/v1/images', headers: { authorization }, body: Buffer.alloc(70_000) });
  assert.equal((await upload()).code, 'GW50301');
  assert.equal((await callGateway(node.gateway, { target: '/user/v1/reports', headers: { authorization } })).status, 200);
  for (const socket of slow) socket.destroy();
  while ((await upload()).status !== 201) await turn();
});

test('an interface whose hospital hangs holds half of the connections: others are called all the same', async () => {
  const interfaces = lab.plan.interfaces.map((document) => ({ ...document, timeoutMs: 60_000 }));
  const hanging = Promise.withResolvers<FlowResult>();
  const inside = await startInside({ ...lab.plan, interfaces }, {}, (call) =>
    call.caller.interfaceId === 'ifc_book' ? hanging.promise : echo(call),
  );
  const connected = lab.connect([inside.gateway.port], lab.certificates.open, insideCertificate.cert);
  const node = await startGateway(await connected.newer(0), { inside: connected });
  lab.own(() => node.stop());
  const book = async () => callSigned(node.gateway, await signRequest(lab.hmac));
  const hung = Array.from({ length: 256 }, book);
  while (inside.calls.length < hung.length) await turn();
  assert.equal((await book()).code, 'GW50301');
  const read = await signRequest(lab.sm2, { method: 'GET', path: '/open/v1/reports/7', body: '' });
  assert.equal((await callSigned(node.gateway, read)).status, 200);
  hanging.resolve(echo(inside.calls[0]!));
  assert.deepEqual(new Set((await Promise.all(hung)).map(({ status }) => status)), new Set([200]));
  assert.equal((await book()).status, 200);
});

test('a header that stands twice is told as one, also when it was handed over', async () => {
  const inside = await startInside(lab.plan);
  const socket = connectTls({ port: inside.gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ...lab.certificates.user });
  const authorization = `Bearer ${await lab.citizenToken()}`;
  socket.write(
    `GET /user/v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nX-A: 1\r\nX-A: 2\r\n${RELAY_HEADER}: ${relay}\r\n\r\n`,
  );
  const answer = await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
  assert.equal(inside.calls[0]!.message.headers['x-a'], '1, 2');
});
