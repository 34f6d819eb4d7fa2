/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { adapterTo, startHospital, startWithEngine } from './start-engine.ts';

/** Books at the hospital, whose answer then lacks a field. */
const booking = chainFlow('flw_book', [
  { type: 'http.call@1', id: 'n_book', adapter: 'adp_his', config: { method: 'POST', path: '/book' } },
  { type: 'check.json-schema@1', id: 'n_check', config: { schema: { type: 'object', required: ['number'] } } },
]);

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital))).status, 200);
  await running.publish(booking);
  const responseSchema = { type: 'object', required: ['number'], properties: { number: { type: 'integer' } } };
  const offered = await running.admin.call(
    'PUT',
    '/interfaces/ifc_book',
    busInterface('flw_book', { interfaceId: 'ifc_book', responseSchema }),
  );
  assert.equal(offered.status, 200, JSON.stringify(offered.body));
  const operator = await running.person('wu', ['operator']);
  const status = (id: string, wanted: string) =>
    running.until(async () => {
      const { body } = await operator.call('GET', `/executions/${id}`);
      return body.status === wanted && body;
    });
  const id = await running.send('flw_book', { patient: 'P1' });
  const held = await status(id, 'held');
  const conclude = (body: object, who = operator) =>
    who.call('POST', `/executions/${id}/conclude`, { attempt: 1, reason: 'seen in the HIS', ...body });
  return { hospital, running, operator, id, held, status, conclude };
}

test('a held booking shows what was done, and is ended with the reply that was missing; the trail says why, without its content', async (t) => {
  const { hospital, running, operator, id, held, status, conclude } = await setUp(t);
  assert.deepEqual([held.held.reason, held.error.code, held.doneWrites.length], ['FAILED_AFTER_WRITE', 'CHECK_SCHEMA', 1]);
  assert.equal(held.doneWrites[0].key, hospital.received[0]!.headers['idempotency-key']);
  const done = await conclude({ reply: { status: 201, headers: { 'X-No': '7' }, data: { number: 7, name: '张三' } } });
  assert.deepEqual([done.status, done.body], [200, { executionId: id, concluded: true }]);
  const ended = await status(id, 'completed');
  assert.deepEqual([ended.concluded.by, ended.held], ['wu', undefined]);
  const { reply } = (await operator.call('GET', `/executions/${id}/payload`)).body;
  assert.deepEqual([reply.status, reply.headers, reply.message.data], [201, { 'x-no': '7' }, { number: 7, name: '张三' }]);
  assert.equal(hospital.received.length, 1);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.conclude')).body;
  const line = items.find((item: { outcome?: string }) => item.outcome === 'done');
  assert.deepEqual([line.reason, line.subject, line.after], ['seen in the HIS', id, { hasReply: true, status: 201 }]);
  assert.doesNotMatch(JSON.stringify(items), /张三/);
});

test('a reply that breaks what the interface promises is refused with the place; a refusal need not fit', async (t) => {
  const { status, id, conclude } = await setUp(t);
  const wrong = await conclude({ reply: { status: 200, data: { number: 'seven' } } });
  assert.deepEqual([wrong.status, wrong.body.code, wrong.body.issues[0].path], [422, 'REPLY_NOT_FITTING', '/reply/data/number']);
  assert.equal((await conclude({ reply: { status: 200, form: 'text', data: 7 } })).body.code, 'REPLY_FORM_WRONG');
  assert.equal((await conclude({ reply: { status: 200, headers: { 'x-a': 'a\r\nb' }, data: {} } })).status, 400);
  assert.equal((await conclude({ reply: { status: 409, data: { why: 'booked by phone' } } })).status, 200);
  await status(id, 'completed');
});

test('takes a reason, the right to retry, and for a reply the right to see payloads', async (t) => {
  const { running, conclude, operator, id } = await setUp(t);
  for (const role of ['viewer', 'analyst']) {
    const person = await running.person(`no-${role}`, [role]);
    assert.equal((await conclude({}, person)).status, 403, role);
  }
  assert.equal((await operator.call('POST', `/executions/${id}/conclude`, { attempt: 1 })).status, 400);
  assert.deepEqual((await conclude({ attempt: 2 })).body.code, 'EXECUTION_NOT_HELD');
  assert.equal((await conclude({})).status, 200);
  assert.deepEqual([(await conclude({})).status], [409]);
});
