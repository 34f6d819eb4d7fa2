import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createCacheKey, readCacheParam } from '../../../gateways/cache/cache-key.ts';
import type { Exchange } from '../../../gateways/contract.ts';
import { createJsonReader } from '../../../gateways/shared/create-json-reader.ts';
import { buildInterface, crypto } from '../support/city-plan.ts';

const json = createJsonReader(fakeClock());

function keyOf(method: 'GET' | 'POST', params: readonly string[], fields: Partial<Exchange>) {
  const document = buildInterface({ method });
  const of = createCacheKey(document, { scope: 'public', params: params.map(readCacheParam) }, { crypto, json });
  const body = fields.body ?? Buffer.from('{"a":1}');
  const request = { url: '/x?page=1' } as Exchange['request'];
  const exchange = { method, rawPath: '/x', rawQuery: 'page=1', headers: {}, incoming: new Map(), request, body, bytesIn: 7, ...fields };
  return Promise.resolve(of(exchange as unknown as Exchange));
}

test('what a policy has added for a caller belongs to the key and reaches the target, selected or not', async () => {
  const plain = await keyOf('GET', ['query:page'], {});
  const query = await keyOf('GET', ['query:page'], { rawQuery: 'page=1&pid=7' });
  const header = await keyOf('GET', ['query:page'], { headers: { 'x-patient': '7' } });
  const sent = await keyOf('GET', ['query:page'], { headers: { 'x-patient': '7' }, incoming: new Map([['x-patient', '7']]) });
  assert.equal(query!.target.rawQuery, 'page=1&pid=7');
  assert.deepEqual(header!.target.headers, { 'x-patient': '7' });
  assert.equal(new Set([plain, query, header].map((request) => request!.key)).size, 3);
  assert.deepEqual([sent!.key, sent!.target.headers], [plain!.key, {}]);

  const [asSent, filledIn, other] = await Promise.all([
    keyOf('POST', ['body:/a'], {}),
    keyOf('POST', ['body:/a'], { judgedHeaders: [], body: Buffer.from('{"a":1,"pid":7}') }),
    keyOf('POST', ['body:/a'], { judgedHeaders: [], body: Buffer.from('{"a":1,"pid":8}') }),
  ]);
  assert.equal(new Set([asSent, filledIn, other].map((request) => request!.key)).size, 3);
});
