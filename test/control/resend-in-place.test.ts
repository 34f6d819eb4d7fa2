/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connectMllp } from '../../examples/city/hospital-c/mllp-client.ts';
import { executionsSpec } from '../../engine/execution/execution-document.ts';
import { freePort } from '../servers/free-port.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

/** An HL7 feed as the example city has it: the listener reads the business keys, and lane, dedupe and search go by them. */
const INGRESS = {
  lane: { key: 'keys.patient' },
  dedupe: { key: 'keys.message', windowSec: 3600 },
  keys: { patient: 'keys.patient', message: 'keys.message' },
};

const hl7 = (message: string, patient: string, name = 'ZHANG') =>
  `MSH|^~\\&|HIS|C|BUS|CITY|20260105080001||ADT^A01|${message}|P|2.5.1\rEVN|A01|20260105080001\rPID|1||${patient}^^^CITY^MR||${name}\r`;

/** `paths`: where each message is sent, one after the other. */
async function setUp(t: TestContext, paths: readonly string[] = ['/messages']) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  const port = await freePort();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const adapters = [
    adapterTo(hospital, { adapterId: 'adp_district', limits: { breakerFailures: 10_000 } }),
    adapterTo(hospital, {
      adapterId: 'adp_feed',
      protocol: 'mllp',
      environments: { TEST: { listen: { host: '127.0.0.1', port }, listenTls: false, peers: ['127.0.0.1'] } },
    }),
  ];
  for (const adapter of adapters) {
    const { status, body } = await running.admin.call('PUT', `/adapters/${String(adapter['adapterId'])}`, adapter);
    assert.equal(status, 200, JSON.stringify(body));
  }
  await running.publish(
    graph(
      'flw_feed',
      {
        n_in: { type: 'mllp.listen@1', adapter: 'adp_feed', config: { keys: { patient: 'PID-3.1', message: 'MSH-10' } } },
        ...Object.fromEntries(paths.map((path, index) => [idOf(index), sendTo(path)])),
      },
      ['n_in > n_send', ...paths.slice(1).map((_, index) => `${idOf(index)}.ok > ${idOf(index + 1)}`)],
      { mode: 'durable', deadlineMs: 60_000, ingress: INGRESS },
    ),
  );
  await running.until(async () => running.engine.triggers.status().some(({ state }) => state === 'listening'));
  const client = await connectMllp('127.0.0.1', port, 20_000);
  t.after(() => client.close());
  const operator = await running.person('wu', ['operator']);
  const executions = await running.documents.open(executionsSpec);
  /** Messages that the district refuses. */
  const refused = new Set<string>();
  /** What the district took: number and idempotency key. */
  const taken: { readonly number: string; readonly key: unknown }[] = [];
  let refusedPath: string | undefined;
  hospital.answer = ({ path, body, headers }) => {
    // A second call is given what the first one answered.
    const number = body.startsWith('MSH') ? numberOf(body) : path;
    if (refused.has(number) || path === refusedPath) return { status: 400 };
    taken.push({ number, key: headers['idempotency-key'] });
    return { status: 200 };
  };
  const feed = async (message: string, patient: string) => {
    const text = hl7(message, patient);
    assert.equal((await client.send(Buffer.from(text), message)).code, 'AA');
    return running.until(async () => (await find('message', message))[0]);
  };
  const find = async (keyName: string, keyValue: string): Promise<string[]> => {
    const { body } = await operator.call('POST', '/executions/search', { keyName, keyValue });
    return body.items.map(({ executionId }: { executionId: string }) => executionId);
  };
  const become = (id: string, status: string) => running.until(async () => (await executions.get(id))?.status === status);
  const resend = async (id: string, more: object = {}) => {
    const { status, body } = await operator.call('POST', `/executions/${id}/resend`, { seen: 'held', reason: 'corrected', ...more });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const refuse = (path?: string) => (refusedPath = path);
  const numbers = () => taken.map(({ number }) => number);
  const hold = async (message: string, patient: string) => {
    refused.add(message);
    const id = await feed(message, patient);
    await become(id, 'held');
    refused.delete(message);
    return id;
  };
  return { hospital, running, operator, executions, feed, hold, find, become, resend, refuse, numbers };
}

function idOf(index: number): string {
  return index === 0 ? 'n_send' : `n_send${index + 1}`;
}

function sendTo(path: string) {
  const retry = { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] };
  return { type: 'http.call@1', adapter: 'adp_district', config: { method: 'POST', path }, handling: { retry } };
}

function numberOf(body: string): string {
  return body.split('\r')[0]!.split('|')[9]!;
}

test('a held message of a feed keeps its lane, its place there and its keys when it is resent, corrected or not', async (t) => {
  const { executions, feed, hold, find, become, resend, numbers } = await setUp(t);
  await hold('N1', 'P2');
  for (const [number, message] of [['A', undefined] as const, ['B', { data: hl7('B1', 'P1', 'ZHANG^SAN'), form: 'text' }] as const]) {
    const old = await hold(`${number}1`, 'P1');
    const behind = await feed(`${number}2`, 'P1');
    const { executionId, place, replaced } = await resend(old, message === undefined ? {} : { message });
    await become(executionId, 'completed');
    await become(behind, 'completed');
    await become(old, 'cancelled');
    assert.deepEqual([place, replaced], ['kept', true]);
    const [before, after] = [await executions.get(old), await executions.get(executionId)];
    assert.deepEqual([after!.lane, after!.keys, after!.origin], [before!.lane, before!.keys, before!.origin]);
    assert.deepEqual((await find('message', `${number}1`)).sort(), [old, executionId].sort());
  }
  assert.deepEqual(numbers(), ['A1', 'A2', 'B1', 'B2'], 'the held message of the other patient holds up nobody');
});

test('corrected into a message of another patient it has the keys of its content, and comes last in that patient’s lane', async (t) => {
  const { executions, feed, hold, find, become, resend, numbers } = await setUp(t);
  const old = await hold('M1', 'P1');
  const first = await hold('N1', 'P2');
  const behind = await feed('N2', 'P2');
  const message = { data: hl7('M1', 'P2'), form: 'text' };
  const { executionId, place, replaced } = await resend(old, { message });
  assert.deepEqual([place, replaced], ['end-of-lane', true]);
  await become(old, 'cancelled');
  const { executionId: anew } = await resend(first);
  for (const id of [anew, behind, executionId]) await become(id, 'completed');
  assert.deepEqual(numbers(), ['N1', 'N2', 'M1']);
  assert.ok((await find('patient', 'P2')).includes(executionId));
  assert.deepEqual(await find('patient', 'P1'), [old]);
  const fresh = await executions.get(executionId);
  assert.equal(fresh!.origin, executionId, 'to the receiver it is another message');
});

test('many are resent in bulk through today’s flow, each once and in its place, also when the bulk is stopped and gone on with', async (t) => {
  const { running, operator, executions, feed, hold, become, numbers } = await setUp(t);
  const held: string[] = [];
  for (let patient = 1; patient <= 8; patient += 1) held.push(await hold(`A${patient}`, `P${patient}`));
  const behind = await Promise.all(held.map((_, index) => feed(`B${index + 1}`, `P${index + 1}`)));
  const where = { flowId: 'flw_feed', node: 'n_send', code: 'HTTP_REFUSED' };
  assert.equal((await operator.call('POST', '/held/resend', where)).body.code, 'BULK_REASON_MISSING');
  assert.equal((await operator.call('POST', '/held/resend', { ...where, dryRun: true })).body.total, 8);
  const bulkId = 'blk_resend-in-bulk';
  const asked = operator.call('POST', '/held/resend', { ...where, bulkId, reason: 'the district is mended', perSecond: 1 });
  await running.until(async () => (await operator.call('GET', `/bulks/${bulkId}`)).body.handled >= 1);
  await operator.call('POST', `/bulks/${bulkId}/cancel`);
  assert.equal((await asked).body.status, 'stopped');
  const { body } = await operator.call('POST', '/held/resend', { bulkId, perSecond: 1000 });
  assert.deepEqual([body.status, body.total, body.done, body.goneOn, body.refused], ['done', 8, 8, 0, 0]);
  for (const id of behind) await become(id, 'completed');
  for (const id of held) await become(id, 'cancelled');
  for (let patient = 1; patient <= 8; patient += 1)
    assert.deepEqual(
      numbers().filter((number) => number.endsWith(String(patient))),
      [`A${patient}`, `B${patient}`],
    );
  assert.equal(await executions.count({ status: 'held' }), 0);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.resend-many')).body;
  const line = items.find(({ outcome }: { outcome: string }) => outcome === 'done');
  assert.deepEqual([line.subject, line.after.total], [bulkId, 8]);
});

test('what was done is not done twice by a resend unless a person says so, and never by a bulk', async (t) => {
  const { operator, feed, become, resend, numbers, refuse } = await setUp(t, ['/first', '/second']);
  refuse('/second');
  const old = await feed('M1', 'P1');
  await become(old, 'held');
  const { body } = await operator.call('POST', `/executions/${old}/resend`, { seen: 'held', reason: 'x' });
  assert.equal(body.code, 'RESEND_ALREADY_WRITTEN');
  const { body: bulk } = await operator.call('POST', '/held/resend', { all: true, reason: 'x' });
  assert.deepEqual([bulk.status, bulk.done, bulk.refused], ['done', 0, 1]);
  assert.deepEqual(numbers(), ['M1']);
  refuse();
  const { executionId } = await resend(old, { acceptDone: true });
  await become(executionId, 'completed');
  assert.deepEqual(numbers(), ['M1', 'M1', '/second']);
});

test('what has ended is resent as a new message behind all that waits in its lane, and answer and audit line say so', async (t) => {
  const { running, executions, feed, hold, become, resend, numbers } = await setUp(t);
  const old = await feed('M1', 'P1');
  await become(old, 'completed');
  const held = await hold('M2', 'P1');
  const behind = await feed('M3', 'P1');
  const answer = await resend(old, { seen: 'completed' });
  assert.deepEqual([answer.place, answer.replaced], ['end-of-lane', false]);
  await resend(held);
  await become(behind, 'completed');
  await become(answer.executionId, 'completed');
  assert.deepEqual(numbers(), ['M1', 'M2', 'M3', 'M1']);
  assert.notEqual((await executions.get(answer.executionId))!.origin, (await executions.get(old))!.origin);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.resend')).body;
  const places = items
    .filter(({ outcome }: { outcome: string }) => outcome === 'done')
    .map(({ after }: { after: { place: string } }) => after.place);
  assert.deepEqual(places.sort(), ['end-of-lane', 'kept']);
});

test('a content that the listener would refuse is not sent, and the held message stays', async (t) => {
  const { operator, executions, hold } = await setUp(t);
  const old = await hold('M1', 'P1');
  const message = { data: 'PID|1||P1', form: 'text' };
  const { status, body } = await operator.call('POST', `/executions/${old}/resend`, { message, seen: 'held', reason: 'x' });
  assert.deepEqual([status, body.code], [422, 'HL7_MALFORMED']);
  const { status: still, cancelRequested } = (await executions.get(old))!;
  assert.deepEqual([still, cancelRequested], ['held', undefined]);
});

test('a resend that a dead process left half-done holds up neither another resend of the same message nor its retry', async (t) => {
  const { executions, operator, feed, hold, become, resend, numbers } = await setUp(t);
  /** As it stands when the process dies between storing the new one and giving the old one up for it. */
  const leave = async (old: string) => {
    const stored = (await executions.get(old))!;
    const _id = `exe_left-${old.slice(4)}`;
    const held = { node: '', reason: 'RESEND_PREPARED', outcomeKnown: true, at: 0 };
    const fresh = {
      ...stored,
      _id,
      dedupe: `r:${old}|request-of-${old}`,
      epoch: 0,
      legs: {},
      held,
      replayOf: old,
      replacesEpoch: stored.epoch,
    };
    assert.ok((await executions.insert(fresh)).inserted);
    return _id;
  };
  const first = await hold('M1', 'P1');
  const left = await leave(first);
  const second = await feed('M2', 'P1');
  await resend(first);
  await become(second, 'completed');
  assert.equal(await executions.get(left), undefined);
  const third = await hold('M3', 'P1');
  await leave(third);
  const fourth = await feed('M4', 'P1');
  assert.equal((await operator.call('POST', `/executions/${third}/retry`)).status, 200);
  await become(fourth, 'completed');
  assert.deepEqual(numbers(), ['M1', 'M2', 'M3', 'M4']);
});
