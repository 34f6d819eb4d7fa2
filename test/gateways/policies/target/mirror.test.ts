import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../../../gateways/contract.ts';
import type { AsideAnswer, AsideRequest } from '../../../../gateways/policy-ports.ts';
import mirror from '../../../../gateways/policies/target/mirror.policy.ts';
import { runPolicy, type PolicyRun } from '../../support/run-policy.ts';

const ID = '11010519491231002X';
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function run(options: Record<string, unknown>, exchange: Partial<Exchange>, answer: AsideAnswer = { status: 200, body: undefined }) {
  const sent: (AsideRequest & { address: string })[] = [];
  let end: () => void = () => undefined;
  const ran: PolicyRun = await runPolicy(mirror, {
    options: { address: 'http://v2:1', ...options },
    exchange: { onEnd: (release) => (end = release), ...exchange },
    sendAside: (address, request) => {
      sent.push({ address, ...request });
      return Promise.resolve(answer);
    },
  });
  assert.equal(sent.length, 0, 'nothing is sent in the turn of the request');
  for (let i = 0; i < 3; i++) await turn();
  end();
  for (let i = 0; i < 3; i++) await turn();
  return { sent, events: ran.events };
}

test('the copy carries no credential, no signature and no personal data', async () => {
  const { sent } = await run(
    {},
    {
      rawPath: `/open/v1/patients/${ID}`,
      rawQuery: `name=%E5%BC%A0%E4%B8%89&id=${ID}&page=2&apikey=secret&sig=secret&code=secret&refresh_token=secret`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-api-key': 'secret',
        'idempotency-key': 'k1',
        'x-signature': 's',
      },
      incoming: new Map([
        ['authorization', 'Bearer secret'],
        ['cookie', 'secret=1'],
      ]),
      body: Buffer.from(
        JSON.stringify({ patientName: '张三', note: `id ${ID}`, dose: 3, newPassword: 'secret', session_id: 'secret', apiKey: ['secret'] }),
      ),
    },
  );
  assert.equal(sent.length, 1);
  const copy = sent[0]!;
  const text = JSON.stringify({ ...copy, body: Buffer.from(copy.body!).toString() });
  for (const secret of [ID, '张三', '%E5%BC%A0', 'secret', 'x-signature', 'k1']) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  assert.deepEqual(Object.keys(copy.headers).sort(), ['accept', 'content-type', 'x-kq-mirror', 'x-kq-trace']);
  assert.match(copy.path, /page=2/);
  assert.equal((JSON.parse(Buffer.from(copy.body!).toString()) as { dose: number }).dose, 3);
  assert.equal(copy.timeoutMs, 1_000);
});

test('only the sampled share is copied', async () => {
  assert.equal((await run({ percent: 0 }, {})).sent.length, 0);
  assert.equal((await run({ percent: 100 }, {})).sent.length, 1);
});

test('a difference in status or structure is reported; other values are none', async () => {
  const own = (body: object) => ({
    answer: { status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) },
    response: { statusCode: 200, writableFinished: true } as Exchange['response'],
  });
  const other = (body: object, status = 200) => ({ status, body: Buffer.from(JSON.stringify(body)) });
  const compare = { compare: true };
  assert.deepEqual((await run(compare, own({ id: 1 }), other({ id: 2 }))).events, []);
  assert.deepEqual((await run(compare, own({ id: 1 }), other({ id: '2' }))).events, ['mirror-different']);
  assert.deepEqual((await run(compare, own({ id: 1 }), other({ id: 1 }, 500))).events, ['mirror-different']);
  assert.deepEqual((await run({}, own({ id: 1 }), other({}, 500))).events, []);
});

test('responses are held only to be compared', () => {
  const reads = (compare?: boolean) => mirror.reads!({ address: 'http://v2:1', ...(compare !== undefined && { compare }) }, {} as never);
  assert.deepEqual(reads(), { body: true, answer: false });
  assert.deepEqual(reads(true), { body: true, answer: true });
});
