import assert from 'node:assert/strict';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import type { Answer } from '../../../../gateways/contract.ts';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import policy from '../../../../gateways/policies/content/object-response.policy.ts';
import { startObjectLab, type ObjectLab } from '../../objects/object-lab.ts';
import { buildInterface } from '../../support/city-plan.ts';
import { runPolicy } from '../../support/run-policy.ts';
import { callGateway } from '../../support/start-gateway.ts';

const rule = { locator: 'json:$.items[*].pid', subject: 'token.uid', op: 'eq', action: 'drop' };

async function run(body: string | Uint8Array, options: Record<string, unknown> = { rules: [rule] }, more: Partial<Answer> = {}) {
  const answer: Answer = {
    ...{ status: 200, headers: { 'content-type': 'application/json', etag: '"1"' } },
    ...more,
    body: Buffer.from(body),
  };
  const {
    error,
    answer: replaced,
    exchange,
  } = await runPolicy(policy, { options, front: 'user', exchange: { answer, user: { uid: 'u1', area: '31' } } });
  return {
    code: error?.code,
    text: replaced?.body && Buffer.from(replaced.body).toString(),
    headers: replaced?.headers,
    notes: exchange.notes,
  };
}

test('drops foreign items from a list, and keeps all other bytes as the service wrote them', async () => {
  const { text, headers, notes } = await run(
    '{ "n":1.0,"items":[ {"pid":"u2"}, {"pid":"u1","id":12345678901234567890},{"pid":"u3"} ] ,"s":"\\u4e00"}',
  );
  assert.equal(text, '{ "n":1.0,"items":[ {"pid":"u1","id":12345678901234567890} ] ,"s":"\\u4e00"}');
  assert.deepEqual(headers, { 'content-type': 'application/json' });
  assert.deepEqual(notes, [{ policy: 'object-response', what: 'dropped 2', where: 'json:$.items[*].pid' }]);
  assert.equal((await run('{"items":[{"pid":"u2"},{}]}')).text, '{"items":[]}');
});

test('a response with own items only is not touched', async () => {
  for (const body of ['{"items":[{"pid":"u1"}]}', '{"items":[]}', ''])
    assert.deepEqual(await run(body), { code: undefined, text: undefined, headers: undefined, notes: [] });
});

test('drops from the innermost list, in every outer one', async () => {
  const inner = { ...rule, locator: 'json:$[*].visits[*].pid' };
  const { text } = await run('[{"visits":[{"pid":"u1"},{"pid":"u2"}]},{"visits":[{"pid":"u2"}]},{"visits":[]}]', { rules: [inner] });
  assert.equal(text, '[{"visits":[{"pid":"u1"}]},{"visits":[]},{"visits":[]}]');
});

test('several rules are applied one after the other', async () => {
  const area = { locator: 'json:$.items[*].area', subject: 'token.area', op: 'prefix', action: 'drop' };
  const { text } = await run('{"items":[{"pid":"u1","area":"3101"},{"pid":"u1","area":"3201"},{"pid":"u2","area":"3101"}]}', {
    rules: [rule, area],
  });
  assert.equal(text, '{"items":[{"pid":"u1","area":"3101"}]}');
});

test('refuses what it cannot read in one way only', async () => {
  for (const body of [
    '{"items":[{"pid":"u1","pid":"u2"}]}',
    '{"items":[{"pid":"u1","PID":"u2"}]}',
    '{"items":[{"pid":"u1"}]} x',
    '{"items":[{"pid":["u1"]}]}',
    '{"items":{"pid":"u1"}}',
    '{"data":[{"pid":"u2"}]}',
    '<items/>',
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ])
    assert.equal((await run(body)).code, 'GW40304', body);
  assert.equal((await run('{"items":[]}', undefined, { headers: { 'content-type': 'text/html' } })).code, 'GW40304');
  assert.equal((await run('{"items":[]}', undefined, { headers: { 'content-type': 'application/json; charset=gbk' } })).code, 'GW40304');
});

test('refuses a response whose object belongs to somebody else, like one that does not exist', async () => {
  const options = { rules: [{ ...rule, locator: 'json:$.pid', action: 'refuse' }] };
  assert.equal((await run('{"pid":"u1"}', options)).code, undefined);
  assert.equal((await run('{"pid":"u2"}', options)).code, 'GW40304');
  assert.equal((await run('{}', options)).code, 'GW40304');
  assert.equal((await run('{"message":"no such patient"}', options, { status: 404 })).code, 'GW40304');
  assert.equal((await run('{}', { ...options, hidesMissing: false }, { status: 404 })).code, undefined);
  assert.equal((await run('{}', options, { status: 500 })).code, undefined);
  assert.equal((await run('{}', { rules: [{ ...options.rules[0], absent: 'allow' }] })).code, undefined);
});

test('shadow mode changes nothing and records everything', async () => {
  const dropped = await run('{"items":[{"pid":"u2"}]}', { rules: [rule], shadow: true });
  assert.deepEqual([dropped.code, dropped.text, dropped.notes.length], [undefined, undefined, 1]);
  const refused = await run('x', { rules: [rule], shadow: true });
  assert.deepEqual([refused.code, refused.notes.length], [undefined, 1]);
});

test('names the problems of rules when an interface is saved', () => {
  const problems = policy.findProblems!(
    {
      rules: [
        { ...rule, locator: 'path:id' },
        { ...rule, locator: 'json:$.pid' },
      ],
    } as never,
    buildInterface({ front: 'user' }),
  );
  assert.deepEqual(
    problems.map(({ path, problem }) => `${path} ${problem}`),
    ['/rules/0/locator object-answer', '/rules/1/action object-drop'],
  );
});

let lab: ObjectLab;
before(async () => {
  lab = await startObjectLab(
    (service) => [
      buildInterface({
        ...{ front: 'user', method: 'GET', path: '/user/visits', target: { kind: 'upstream', instances: [service] } },
        policies: { 'object-response': { rules: [rule] } },
      } as Partial<InterfaceDocument>),
    ],
    { claims: { uid: 'u1' } },
  );
});
after(() => lab.close());

test('over a real gateway a citizen gets only own items, also from a compressed answer', async () => {
  const items = Array.from({ length: 50 }, (_, i) => ({ pid: i % 2 === 0 ? 'u1' : `v${i}`, text: '门诊' }));
  const call = async () => {
    const { status, body, headers } = await callGateway(lab.gateway, {
      target: '/user/visits',
      headers: { authorization: `Bearer ${lab.token}`, 'accept-encoding': 'gzip' },
    });
    assert.equal(headers['content-encoding'], undefined);
    return { status, pids: (JSON.parse(body.toString()) as { items: { pid: string }[] }).items.map(({ pid }) => pid) };
  };
  const own = { status: 200, pids: Array.from({ length: 25 }, () => 'u1') };
  lab.answer = { status: 200, body: { items } };
  assert.deepEqual(await call(), own);
  lab.answer = { status: 200, headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify({ items })) };
  assert.deepEqual(await call(), own);
});

test('a large compressed answer is judged like a small one', async () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({ pid: i % 1000 === 0 ? 'u1' : `v${i}` }));
  lab.answer = { status: 200, headers: { 'content-encoding': 'br' }, body: brotliCompressSync(JSON.stringify({ items })) };
  const call = () => callGateway(lab.gateway, { target: '/user/visits', headers: { authorization: `Bearer ${lab.token}` } });
  const { status, body } = await call();
  assert.equal(status, 200);
  assert.deepEqual(
    (JSON.parse(body.toString()) as { items: { pid: string }[] }).items.map(({ pid }) => pid),
    Array.from({ length: 20 }, () => 'u1'),
  );
  lab.answer = { status: 200, body: `${JSON.stringify({ items })} x` };
  assert.equal((await call()).status, 403);
});
