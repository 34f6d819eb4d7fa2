import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { KeyHandle } from '../../../engine/contract/ports/crypto.ts';
import type { Exchange } from '../../../gateways/contract.ts';
import { createVerify } from '../../../gateways/pipeline/create-verify.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, startGateway } from '../support/start-gateway.ts';

const publicKey: KeyHandle = { scheme: 'SM2-SM3', role: 'public', fingerprint: '' };
const secret: KeyHandle = { scheme: 'HMAC-SM3', role: 'secret', fingerprint: '' };

/** A verifier that notes whose signatures it checks, and connections without a network. */
function openLab() {
  const checked: string[] = [];
  const verify = createVerify(
    { verify: (_key, data) => checked.push(data.toString()) > 0 },
    { check: () => assert.fail('nobody is in the DMZ') },
  );
  const connectAs = (name: string) => {
    const socket = { destroyed: false };
    const actions: (() => void)[] = [];
    const exchange = { request: { socket }, onLeave: (action: () => void) => actions.push(action) } as unknown as Exchange;
    return {
      ask: async (key: KeyHandle) => verify(exchange, key, Buffer.from(name), new Uint8Array(0)),
      leave() {
        socket.destroyed = true;
        for (const action of actions) action();
      },
    };
  };
  return { checked, connectAs };
}

test('checks by public keys take turns, connections in rotation: who brings one does not wait for those who bring hundreds', async () => {
  const { checked, connectAs } = openLab();
  const [flood, second, honest] = ['flood', 'second', 'honest'].map(connectAs);
  const all = [flood!, second!].flatMap(({ ask }) => Array.from({ length: 300 }, () => ask(publicKey)));
  assert.ok(checked.length < 10, 'most of them wait');
  const before = checked.length;
  assert.equal(await honest!.ask(publicKey), true);
  assert.deepEqual(checked.slice(before, before + 3), ['flood', 'second', 'honest']);
  assert.ok(checked.length < before + 10);
  await Promise.all(all);
  assert.equal(checked.length, 601);
});

test('a check waits for nobody while there are few, and by a shared secret never', async () => {
  const { checked, connectAs } = openLab();
  const one = connectAs('one');
  const first = one.ask(publicKey);
  assert.deepEqual(checked, ['one']);
  const others = Array.from({ length: 100 }, () => one.ask(publicKey));
  const bySecret = connectAs('secret').ask(secret);
  assert.equal(checked.at(-1), 'secret');
  assert.deepEqual(new Set(await Promise.all([first, ...others, bySecret])), new Set([true]));
});

test('what a connection waited with is let go unchecked when it ends', async () => {
  const { checked, connectAs } = openLab();
  const flood = connectAs('flood');
  const all = Array.from({ length: 300 }, () => flood.ask(publicKey));
  const before = checked.length;
  flood.leave();
  const last = (await Promise.all(all)).at(-1);
  assert.equal(last, false);
  assert.equal(checked.length, before);
});

test('a caller is answered before a flood of wrong signatures on other connections', async (t) => {
  const key = await createTestKey('SM2-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]));
  t.after(() => started.stop());
  const signed = await signRequest(key);
  const honest = await signRequest(key);
  const headers = [...signed.headers, ['authorization', signed.authorization]].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const forged = `POST ${signed.path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 2\r\n\r\n{}`;
  const floods = Array.from({ length: 8 }, () => connect(started.gateway.port, '127.0.0.1'));
  t.after(() => floods.forEach((socket) => socket.destroy()));
  await Promise.all(floods.map((socket) => once(socket, 'connect')));
  for (const socket of floods) socket.resume().write(forged.repeat(32));
  while (started.gateway.stats().requests < 8 * 32) await new Promise(setImmediate);
  assert.equal((await callSigned(started.gateway, honest)).status, 200);
  assert.ok(started.gateway.stats().refused < 8 * 32, 'the flood has not been answered yet');
  while (started.gateway.stats().refused < 8 * 32) await new Promise(setImmediate);
  assert.equal(started.calls.length, 1, 'and nothing of it was carried out');
});
