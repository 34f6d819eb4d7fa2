import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange, Kq1Claim } from '../../../../gateways/contract.ts';
import body from '../../../../gateways/policies/content/body.policy.ts';
import { runPolicy, type PolicyCase } from '../../support/run-policy.ts';

function read(given: PolicyCase, ...chunks: string[]) {
  const stream = new PassThrough();
  chunks.forEach((chunk) => stream.write(chunk));
  stream.end();
  return runPolicy(body, {
    raw: ['Transfer-Encoding', 'chunked'],
    ...given,
    exchange: { request: stream as unknown as Exchange['request'], ...given.exchange },
  });
}

test('reads a chunked body whole and digests it by the claim', async () => {
  const claim = { kind: 'kq1', digestAlgorithm: 'sm3' } as Kq1Claim;
  const { exchange } = await read({ exchange: { claim } }, 'ab', 'cd');
  assert.equal(Buffer.from(exchange.body!).toString(), 'abcd');
  assert.deepEqual(Buffer.from(exchange.bodyDigest!), createHash('sm3').update('abcd').digest());
});

test('refuses what is declared too long without reading it, and what comes too long while it comes', async () => {
  const document = { bodyLimitBytes: 3 };
  const { error } = await runPolicy(body, { interface: document, raw: ['Content-Length', '4'] });
  assert.equal(error?.code, 'GW41301');
  assert.match(error.text!['zh-CN'], /上限 3 字节/);
  assert.equal((await read({ interface: document }, 'ab', 'cd')).error?.code, 'GW41301');
  assert.equal((await read({ interface: document }, 'abc')).error, undefined);
});

test('leaves a large declared body on the wire for a service on the bus, never on the open front', async () => {
  const target = { kind: 'upstream' as const, instances: ['http://127.0.0.1'] };
  const raw = ['Content-Length', '100000'];
  assert.equal((await runPolicy(body, { front: 'bus', interface: { target }, raw })).exchange.isBodyStreamed, true);
  assert.equal((await read({ front: 'bus', interface: { target, log: 'in' }, raw }, 'x')).exchange.isBodyStreamed, false);
  assert.equal((await read({ front: 'open', interface: { target }, raw }, 'x')).exchange.isBodyStreamed, false);
});

test('lets a body go that stops coming, and says so', async () => {
  const clock = fakeClock();
  const stream = new PassThrough();
  stream.write('{"half":');
  const request = stream as unknown as Exchange['request'];
  const run = runPolicy(body, { clock, raw: ['Content-Length', '100'], exchange: { request } });
  while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(11_000);
  const { error } = await run;
  assert.equal(error?.code, 'GW40801');
  assert.match(error.text!.en, /1 KB per second/);
});
