// @never-rerun: a single failure is a failure.
/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import iconv from 'iconv-lite';
import { executionsSpec, type ExecutionDocument } from '../../engine/execution/execution-document.ts';
import { plainSeal } from './start-control.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const limits = { breakerFailures: 10_000, timeoutMs: 2_000 };
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital, { limits }))).status, 200);
  await running.publish(
    graph(
      'flw_feed',
      {
        n_in: { type: 'interface.call@1' },
        n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/messages' }, handling: ONCE },
      },
      ['n_in > n_send'],
      {
        mode: 'durable',
        deadlineMs: 60_000,
        ingress: {
          lane: { key: 'data.patient' },
          dedupe: { key: 'data.number', windowSec: 3600 },
          keys: { patient: 'data.patient' },
        },
      },
    ),
  );
  const operator = await running.person('wu', ['operator']);
  const ended = (id: string, status: string) =>
    running.until(async () => {
      const { body } = await operator.call('GET', `/executions/${id}`);
      return body.status === status && body;
    });
  /** A message that the hospital cannot take now. */
  const hold = async (data: object) => {
    hospital.answer = () => ({ status: 429 });
    const id = await running.send('flw_feed', data);
    await ended(id, 'held');
    hospital.answer = () => ({ status: 200 });
    hospital.received.length = 0;
    return id;
  };
  const executions = await running.documents.open(executionsSpec);
  /** A resend whose process died after it had stored the new one. */
  const leave = async (old: string, dedupe?: string) => {
    const stored = (await executions.get(old))!;
    const text = plainSeal.openText({ collection: 'executions', id: old, field: 'input' }, (stored.input as { sealed: string }).sealed);
    const _id = `exe_left-${old.slice(4)}`;
    const input = { sealed: plainSeal.seal({ collection: 'executions', id: _id, field: 'input' }, text) };
    const held = { node: '', reason: 'RESEND_PREPARED', outcomeKnown: true, at: 0 };
    const fresh: ExecutionDocument = { ...stored, _id, origin: _id, dedupe: dedupe ?? `x:${_id}`, epoch: 0, legs: {}, input, held };
    await executions.insert({ ...fresh, replayOf: old, replacesEpoch: stored.epoch });
    return _id;
  };
  /** A cancel whose worker has not heard of it yet. */
  const mark = async (id: string) => {
    const reason = plainSeal.seal({ collection: 'executions', id, field: 'cancelRequested' }, 'no longer wanted');
    await executions.patchIf(id, { status: 'held' }, { set: { cancelRequested: { by: 'wu', reason, at: Date.now() } } });
  };
  const sent = () => hospital.received.map(({ body }) => JSON.parse(body));
  return { hospital, running, operator, ended, hold, leave, mark, sent };
}

test('a held message is sent anew, corrected: it takes the old one’s place in the lane, and the old one never goes', async (t) => {
  const { hospital, running, operator, ended, hold, sent } = await setUp(t);
  const old = await hold({ number: 1, patient: 'P1', name: '张三' });
  const behind = await running.send('flw_feed', { number: 2, patient: 'P1', name: '李四' });
  const data = { number: 1, patient: 'P1', name: '章三' };
  const { status, body } = await operator.call('POST', `/executions/${old}/resend`, {
    message: { data },
    seen: 'held',
    reason: 'the name was misspelt',
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.replayOf, body.replaced, body.changed], [old, true, ['/data/name']]);
  const anew = await ended(body.executionId, 'completed');
  const gone = await ended(old, 'cancelled');
  await ended(behind, 'completed');
  assert.deepEqual(
    sent().map(({ name }) => name),
    ['章三', '李四'],
  );
  assert.deepEqual([gone.replacedBy, gone.replays, anew.replayOf, anew.attempt], [body.executionId, [body.executionId], old, 1]);
  assert.equal(new Set(hospital.received.map(({ headers }) => headers['idempotency-key'])).size, 2);
  assert.deepEqual((await operator.call('GET', `/executions/${body.executionId}/payload`)).body.input.lineage, [old]);
  assert.equal((await operator.call('POST', `/executions/${old}/retry`)).status, 409);

  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.resend')).body;
  const line = items.find((item: { outcome?: string }) => item.outcome === 'done');
  assert.deepEqual([line.reason, line.subject, line.after.changed], ['the name was misspelt', old, ['/data/name']]);
  assert.doesNotMatch(JSON.stringify(items), /章三|张三/);
});

test('corrected into another lane it comes behind what waits there', async (t) => {
  const { running, operator, ended, hold, sent } = await setUp(t);
  const old = await hold({ number: 1, patient: 'P1' });
  const other = await hold({ number: 2, patient: 'P2' });
  const behind = await running.send('flw_feed', { number: 3, patient: 'P2' });
  const { body } = await operator.call('POST', `/executions/${old}/resend`, {
    message: { data: { number: 4, patient: 'P2' } },
    seen: 'held',
    reason: 'it was of another patient',
  });
  await ended(old, 'cancelled');
  await operator.call('POST', `/executions/${other}/retry`);
  await ended(body.executionId, 'completed');
  await ended(behind, 'completed');
  assert.deepEqual(
    sent().map(({ number }) => number),
    [2, 3, 4],
  );
  const found = (await operator.call('POST', '/executions/search', { keyName: 'patient', keyValue: 'P2' })).body.items;
  assert.ok(
    found.some((item: { executionId: string }) => item.executionId === body.executionId),
    'business keys are those of the new content',
  );
});

test('of two people who resend, and one who retries, exactly one gets it done', async (t) => {
  const { operator, running, hold, sent } = await setUp(t);
  for (const number of [1, 2, 3]) {
    const old = await hold({ number, patient: `P${number}` });
    const resend = (name: string) =>
      operator.call('POST', `/executions/${old}/resend`, {
        message: { data: { number, patient: `P${number}`, name } },
        seen: 'held',
        reason: 'corrected',
      });
    const answers = await Promise.all([resend('a'), operator.call('POST', `/executions/${old}/retry`), resend('b')]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers.map(({ body }) => body)));
    await running.until(
      async () => (await running.engine.executions.list({ status: ['queued', 'running', 'held'], limit: 10 })).items.length === 0,
    );
    assert.equal(sent().length, 1);
  }
});

test('what a process left half-done when it died is finished by a retry, and never both run', async (t) => {
  const { operator, running, ended, hold, leave, sent } = await setUp(t);
  const first = await hold({ number: 1, patient: 'P1' });
  const left = await leave(first);
  const resent = await operator.call('POST', `/executions/${left}/resend`, { seen: 'held', reason: 'x' });
  assert.equal(resent.body.code, 'RESEND_UNDER_WAY');
  assert.equal((await operator.call('POST', `/executions/${left}/retry`)).status, 200);
  await ended(left, 'completed');
  await ended(first, 'cancelled');
  assert.equal(sent().length, 1);

  const second = await hold({ number: 2, patient: 'P2' });
  const late = await leave(second);
  assert.equal((await operator.call('POST', `/executions/${second}/retry`)).status, 200);
  await ended(second, 'completed');
  assert.equal((await operator.call('POST', `/executions/${late}/retry`)).body.code, 'EXECUTION_NOT_HELD');
  assert.equal((await operator.call('POST', `/executions/${late}/cancel`, { reason: 'done by the old one' })).status, 200);
  await ended(late, 'cancelled');
  assert.equal(sent().length, 1);

  const third = await hold({ number: 3, patient: 'P3' });
  await leave(third);
  await operator.call('POST', '/held/retry', { all: true, perSecond: 1000 });
  await running.until(async () => (await running.engine.executions.counts()).held <= 1 && sent().length === 1);
});

test('what is to be cancelled, but has not ended yet, goes on for nobody, and no other is given up for it', async (t) => {
  const { operator, ended, hold, leave, mark, sent } = await setUp(t);
  const retry = async (id: string) => {
    const { status, body } = await operator.call('POST', `/executions/${id}/retry`);
    return [status, body.code];
  };
  const old = await hold({ number: 1, patient: 'P1' });
  const left = await leave(old);
  for (const id of [left, old]) {
    await mark(id);
    assert.deepEqual(await retry(id), [409, 'EXECUTION_NOT_HELD']);
    assert.equal((await operator.call('GET', `/executions/${old}`)).body.replacedBy, undefined);
  }
  for (const id of [left, old]) {
    // Rings, in case no worker has found the mark without it.
    await operator.call('POST', `/executions/${id}/cancel`, { reason: 'no longer wanted' });
    await ended(id, 'cancelled');
  }
  assert.equal(sent().length, 0);
});

test('a resend that is asked again after it was cancelled answers the cancelled one, also when the old one was given up for it', async (t) => {
  const { operator, running, ended, hold, leave, mark, sent } = await setUp(t);
  const executions = await running.documents.open(executionsSpec);
  const again = async (old: string) => {
    const { status, body } = await operator.call('POST', `/executions/${old}/resend`, {
      seen: 'held',
      reason: 'x',
      requestId: 'request-1',
    });
    return [status, body.executionId, body.repeated];
  };
  const old = await hold({ number: 1, patient: 'P1' });
  const left = await leave(old, `r:${old}|request-1`);
  await mark(left);
  assert.deepEqual(await again(old), [200, left, true]);
  assert.equal((await operator.call('GET', `/executions/${old}`)).body.status, 'held', 'it is not given up for what only ends');
  await executions.patchIf(old, {}, { set: { replacedBy: left } });
  assert.deepEqual(await again(old), [200, left, true]);
  await operator.call('POST', `/executions/${left}/cancel`, { reason: 'no longer wanted' });
  await ended(left, 'cancelled');
  assert.equal(sent().length, 0);
});

test('a message that was done is sent anew once for each request, past the flow’s dedupe', async (t) => {
  const { operator, running, ended, sent } = await setUp(t);
  const old = await running.send('flw_feed', { number: 1, patient: 'P1' });
  await ended(old, 'completed');
  const body = { seen: 'completed', reason: 'the hospital lost it', requestId: 'request-1' };
  const one = (await operator.call('POST', `/executions/${old}/resend`, body)).body;
  const again = (await operator.call('POST', `/executions/${old}/resend`, body)).body;
  assert.deepEqual([again.executionId, one.repeated, again.repeated, one.replaced, one.changed], [one.executionId, false, true, false, []]);
  await ended(one.executionId, 'completed');
  assert.equal(sent().length, 2);
  const other = await operator.call('POST', `/executions/${old}/resend`, { ...body, seen: 'held', requestId: 'request-2' });
  assert.deepEqual([other.status, other.body.code], [409, 'RESEND_GONE_ON'], 'it was decided upon another state');
  const { replays, status } = (await operator.call('GET', `/executions/${old}`)).body;
  assert.deepEqual([replays, status], [[one.executionId], 'completed']);
});

test('takes a reason, the right to see payloads, and a word about an unknown outcome', async (t) => {
  const { hospital, operator, running, ended, sent } = await setUp(t);
  hospital.answer = () => 'silence';
  const old = await running.send('flw_feed', { number: 1, patient: 'P1' });
  await ended(old, 'held');
  hospital.answer = () => ({ status: 200 });
  const resend = (body: object) => operator.call('POST', `/executions/${old}/resend`, { seen: 'held', ...body });
  assert.equal((await resend({})).status, 400);
  assert.equal((await resend({ reason: 'x' })).body.code, 'RESEND_OUTCOME_UNKNOWN');
  for (const role of ['viewer', 'analyst']) {
    const person = await running.person(`no-${role}`, [role]);
    assert.equal((await person.call('POST', `/executions/${old}/resend`, { reason: 'x' })).status, 403, role);
  }
  assert.equal((await operator.call('POST', '/executions/exe_none/resend', { seen: 'held', reason: 'x' })).status, 404);
  const done = await resend({ reason: 'they did not do it', acceptUnknown: true });
  await ended(done.body.executionId, 'completed');
  assert.equal(sent().length, 2);
});

test('corrected text goes out in the charset of the old bytes, and what the charset lacks is refused', async (t) => {
  const { operator, running, ended } = await setUp(t);
  const fields = { mediaType: 'application/hl7-v2', charset: 'GB18030' };
  const old = await running.send('flw_feed', new Uint8Array(iconv.encode('PID|张三', 'gb18030')), fields);
  await ended(old, 'completed');
  const shown = (await operator.call('GET', `/executions/${old}/payload`)).body.input;
  assert.deepEqual([shown.form, shown.data, shown.charset], ['text', 'PID|张三', 'GB18030']);
  const resend = (message: object) => operator.call('POST', `/executions/${old}/resend`, { message, seen: 'completed', reason: 'x' });
  const { body } = await resend({ data: 'PID|章三', form: 'text' });
  const anew = await operator.call('GET', `/executions/${body.executionId}/payload`);
  assert.deepEqual([anew.body.input.data, anew.body.input.charset], ['PID|章三', 'GB18030']);
  assert.equal((await resend({ data: { a: 1 } })).body.code, 'RESEND_FORM_WRONG');
  assert.equal((await resend({ data: '䶮', charset: 'latin1' })).body.code, 'RESEND_UNENCODABLE');
});
