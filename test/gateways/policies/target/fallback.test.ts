import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../../../gateways/contract.ts';
import { refuse, type GatewayErrorCode } from '../../../../gateways/errors.ts';
import fallback from '../../../../gateways/policies/target/fallback.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const run = (exchange: Partial<Exchange>, options: Record<string, unknown> = {}) =>
  runPolicy(fallback, { options: { body: '{"slots":[]}', ...options }, exchange });
const failed = (code: GatewayErrorCode) => ({ isCalled: true, error: refuse(code) });

test('responds with the prepared answer while the target is not available', async () => {
  for (const [exchange, cause] of [
    [{ error: refuse('GW50302'), decidedBy: 'breaker' }, 'breaker'],
    [{ error: refuse('GW50301'), decidedBy: 'concurrency' }, 'concurrency'],
    [failed('GW50201'), 'unreachable'],
    [failed('GW50401'), 'time-out'],
  ] as const) {
    const { answer, exchange: after } = await run(exchange);
    assert.equal(answer?.status, 200, cause);
    assert.equal(Buffer.from(answer!.body!).toString(), '{"slots":[]}');
    assert.equal(answer.headers['x-kq-fallback'], cause);
    assert.equal(after.notes[0]?.what, exchange.error.code, 'the access log still names the error');
  }
});

test('a call whose outcome is unknown or done keeps its error', async () => {
  assert.equal((await run(failed('GW50402'))).answer, undefined);
});

test('who was refused for another reason gets no answer of the interface', async () => {
  for (const exchange of [
    { error: refuse('GW40101'), decidedBy: 'claim' },
    { error: refuse('GW50301'), decidedBy: 'body' },
    { error: refuse('GW40301'), decidedBy: 'grant' },
    { error: refuse('GW50201') },
  ])
    assert.equal((await run(exchange)).answer, undefined);
});

test('only the chosen causes count, with their status and media type', async () => {
  const options = { causes: ['server-error'], status: 203, contentType: 'text/plain; charset=utf-8' };
  assert.equal((await run(failed('GW50201'), options)).answer, undefined);
  const broken = { isCalled: true, answer: { status: 500, headers: {}, body: undefined } };
  const { answer } = await run(broken, options);
  assert.deepEqual([answer?.status, answer?.headers['content-type']], [203, 'text/plain; charset=utf-8']);
  assert.equal((await run(broken)).answer, undefined);
  assert.equal((await run({ ...broken, answer: { ...broken.answer, status: 404 } }, options)).answer, undefined);
});

test('holds the answer of the target only if its status matters', () => {
  const reads = (causes?: ('server-error' | 'breaker')[]) => fallback.reads!({ body: '', ...(causes && { causes }) }, {} as never).answer;
  assert.deepEqual([reads(), reads(['breaker']), reads(['server-error'])], [false, false, true]);
});
