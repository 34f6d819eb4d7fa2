import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import contentEncoding from '../../../../gateways/policies/content/content-encoding.policy.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../../support/city-plan.ts';
import { callSigned, startGateway } from '../../support/start-gateway.ts';
import { runPolicy } from '../../support/run-policy.ts';

const ALL = { accept: ['gzip', 'deflate', 'br'] };
const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

function run(encoding: string, body: Uint8Array, options: Record<string, unknown> = ALL, bodyLimitBytes?: number) {
  return runPolicy(contentEncoding, {
    ...{ options, raw: ['content-encoding', encoding] },
    ...(bodyLimitBytes === undefined ? {} : { interface: { bodyLimitBytes } }),
    exchange: { body, headers: { 'content-encoding': encoding } },
  });
}

test('unpacks each encoding, and what follows sees a plain body', async () => {
  const plain = Buffer.from(JSON.stringify({ notes: Array.from({ length: 30_000 }, (_none, i) => `挂号 ${i}`) }));
  for (const [encoding, pack] of Object.entries(PACK)) {
    const { error, exchange } = await run(encoding, pack(plain), { ...ALL, maxRatio: 1000 }, 2_000_000);
    assert.equal(error, undefined, encoding);
    assert.ok(Buffer.from(exchange.body!).equals(plain));
    assert.equal(exchange.headers['content-encoding'], undefined);
  }
});

test('stops a body that unpacks beyond the limit of the interface, or is packed more tightly than allowed', async () => {
  const bomb = Buffer.alloc(20_000_000);
  for (const [encoding, pack] of Object.entries(PACK)) {
    assert.equal((await run(encoding, pack(bomb), { ...ALL, maxRatio: 1000 })).error?.code, 'GW41301', encoding);
    assert.equal((await run(encoding, pack(bomb.subarray(0, 5_000_000)))).error?.code, 'GW41301', encoding);
    assert.equal((await run(encoding, pack(bomb.subarray(0, 60_000)))).error, undefined, 'short bodies may be');
  }
});

test('refuses a body that is damaged, cut, followed by something, or of another encoding', async () => {
  for (const [encoding, pack] of Object.entries(PACK)) {
    const packed = pack(Buffer.from('{"hospital":"A"}'.repeat(100)));
    const wrong = [packed.subarray(0, -3), Buffer.concat([packed, Buffer.from('x=1')]), Buffer.from('{"hospital":"A"}')];
    for (const body of wrong) assert.equal((await run(encoding, body)).error?.code, 'GW40001', `${encoding} ${body.length}`);
  }
  assert.equal((await run('gzip', deflateSync('x'))).error?.code, 'GW40001');
});

test('over a gateway: signed as sent, unpacked for the flow, and refused where the interface does not name the encoding', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const interfaces = [
    buildInterface({ policies: { 'content-encoding': { accept: ['gzip'] } } }),
    buildInterface({ interfaceId: 'ifc_plain', path: '/open/v1/plain' }),
  ];
  const started = await startGateway(await buildPlan([key], interfaces));
  t.after(started.stop);
  const call = async (encoding: keyof typeof PACK, path = '/open/v1/appointments') => {
    const headers = [
      ['content-type', 'application/json'],
      ['content-encoding', encoding],
    ] as const;
    return callSigned(started.gateway, await signRequest(key, { path, headers, body: PACK[encoding]('{"hospital":"B"}') }));
  };
  assert.equal((await call('gzip')).status, 200);
  assert.deepEqual((started.calls.at(-1)!.message.data as { body: unknown }).body, { hospital: 'B' });
  assert.equal((await call('br')).code, 'GW41502');
  assert.equal((await call('gzip', '/open/v1/plain')).code, 'GW41502');
});
