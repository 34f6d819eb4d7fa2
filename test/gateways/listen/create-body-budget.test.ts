import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { Relay } from '../../../gateways/contract.ts';
import { createBodyBudget } from '../../../gateways/listen/create-body-budget.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { startGateway } from '../support/start-gateway.ts';

const KB = 1024;

function lab(limitBytes = 100 * KB) {
  const clock = fakeClock();
  const budget = createBodyBudget({ limitBytes, clock });
  const gone: string[] = [];
  const begin = (name: string, clientIp: string, relay?: Relay) =>
    budget.begin({ clientIp, relay }, (why) => void gone.push(`${name} ${why}`));
  return { clock, budget, gone, begin };
}

test('when it is full the address that holds most gives way by its stalest body, and whoever wants little goes on', () => {
  const { gone, begin } = lab();
  const first = begin('first', '10.0.0.1');
  assert.ok(first.add(40 * KB));
  assert.ok(begin('second', '10.0.0.1').add(40 * KB));
  assert.ok(first.add(10 * KB));
  assert.ok(begin('honest', '10.0.0.2').add(20 * KB));
  assert.deepEqual(gone, ['second full']);
  assert.equal(begin('third', '10.0.0.1').add(60 * KB), true, 'it takes the place of the first, of the same address');
  assert.deepEqual(gone, ['second full', 'first full']);
});

test('who alone holds most is himself refused, and what he held is free again', () => {
  const { gone, begin } = lab();
  const honest = begin('honest', '10.0.0.2');
  assert.ok(honest.add(30 * KB));
  const greedy = begin('greedy', '10.0.0.1');
  assert.ok(greedy.add(60 * KB));
  assert.equal(greedy.add(20 * KB), false);
  assert.ok(begin('next', '10.0.0.3').add(60 * KB));
  assert.deepEqual(gone, []);
});

test('a body that has arrived is not taken away any more', () => {
  const { gone, begin } = lab();
  const arrived = begin('arrived', '10.0.0.1');
  assert.ok(arrived.add(90 * KB));
  arrived.end();
  assert.equal(begin('next', '10.0.0.2').add(20 * KB), false);
  arrived.release();
  arrived.release();
  assert.ok(begin('later', '10.0.0.2').add(90 * KB));
  assert.deepEqual(gone, []);
});

test('all addresses of an IPv6 /64 are one', () => {
  const { gone, begin } = lab();
  for (const end of ['1', '2', '3']) assert.ok(begin(end, `2001:db8::${end}`).add(20 * KB));
  assert.ok(begin('greater', '10.0.0.1').add(30 * KB));
  assert.ok(begin('honest', '10.0.0.2').add(20 * KB));
  assert.deepEqual(gone, ['1 full']);
});

test('bodies from the DMZ make room among themselves', () => {
  const { gone, begin } = lab();
  const relay = {} as Relay;
  assert.ok(begin('internal', '10.0.0.9').add(45 * KB));
  assert.ok(begin('first', '1.1.1.1', relay).add(30 * KB));
  assert.ok(begin('second', '2.2.2.2', relay).add(25 * KB));
  assert.deepEqual(gone, ['first full']);
});

test('a body of very small pieces counts as what it takes in memory', () => {
  const body = lab().begin('tiny', '10.0.0.1');
  let taken = 0;
  while (body.add(1)) taken++;
  assert.ok(taken < KB, `${taken} bytes`);
});

test('a body that brings less than 1 KB a second for ten seconds is let go, a slow one that brings more is not', async () => {
  const { clock, gone, begin } = lab();
  begin('silent', '10.0.0.1').add(5);
  const slow = begin('slow', '10.0.0.2');
  for (let second = 0; second < 30; second++) {
    assert.ok(slow.add(KB));
    await clock.advance(1000);
  }
  assert.deepEqual(gone, ['silent slow']);
  slow.release();
  await clock.advance(1000);
  assert.equal(clock.pending(), 0, 'nothing is watched while nothing arrives');
});

test('an answer takes the room of bodies that are arriving, and is told when there is none', () => {
  const { budget, gone, begin } = lab();
  begin('arriving', '10.0.0.1').add(60 * KB);
  assert.ok(budget.take(80 * KB));
  assert.deepEqual(gone, ['arriving full']);
  assert.equal(budget.take(30 * KB), false);
  budget.give(80 * KB);
  assert.ok(budget.take(100 * KB));
});

test('half-sent bodies under a known app and a forged signature keep no honest caller from his call', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]), {
    settings: { limits: { bodyBudgetBytes: 1_000_000 } },
  });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return started.stop();
  });
  const signed = await signRequest(key);
  const headOf = (authorization: string, length: number) =>
    `POST ${signed.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nAuthorization: ${authorization}\r\n\r\n`;
  const open = (localAddress: string) => {
    const socket = connect({ port: started.gateway.port, host: '127.0.0.1', localAddress });
    sockets.push(socket.on('error', () => undefined));
    return socket;
  };
  const answerTo = async (socket: Socket) => {
    let text = '';
    for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
    return text;
  };
  const forged = signed.authorization.replace(/sig="[^"]*"/, `sig="${'A'.repeat(43)}"`);
  const refusals: Promise<string>[] = [];
  const hold = () => {
    const socket = open('127.0.0.2');
    refusals.push(answerTo(socket).catch(() => ''));
    return new Promise<void>((resolve) => socket.write(headOf(forged, 300_001) + 'x'.repeat(300_000), () => resolve()));
  };
  for (let i = 0; i < 6; i++) await hold();
  assert.match(await Promise.race(refusals), /^HTTP\/1\.1 503 [^]*GW50301/, 'the budget is full');
  for (const address of ['127.0.0.1', '127.0.0.2']) {
    const body = Buffer.from(JSON.stringify({ hospital: 'A', text: 'x'.repeat(200_000) }));
    const honest = await signRequest(key, { body });
    const socket = open(address);
    socket.write(headOf(honest.authorization, body.length));
    socket.write(body);
    assert.match(await answerTo(socket), /^HTTP\/1\.1 200 /, address);
  }
});
