/**
 * A hospital books and its answer lacks a field: the caller's signed calls say that it was done, nothing is booked twice, whatever is killed, and a
 * person ends it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';
import type { SignedAnswer } from '../../sdk/public.ts';
import { adapterTo, startHospital, type Hospital } from '../control/start-engine.ts';
import { openCity, until, type City } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const PATH = '/open/v1/bookings';
const flow = chainFlow('flw_booking', [
  { type: 'http.call@1', id: 'n_book', adapter: 'adp_his', config: { method: 'POST', path: '/book' } },
  { type: 'check.json-schema@1', id: 'n_check', config: { schema: { type: 'object', required: ['number'] } } },
]);

let scratch: string;
let options: Parameters<typeof startPlatform>[0];
let platform: Platform;
let city: City;
let hospital: Hospital;

before(async () => {
  scratch = await makeScratch();
  options = { scratch, ports: await choosePorts(), example: true };
  platform = await startPlatform(options);
  city = await openCity(platform);
  hospital = await startHospital();
  await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments: { DEV: { baseUrl: hospital.baseUrl } } });
  await city.admin('PUT', `/flows/${flow.flowId}`, flow);
  await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
  await city.admin('PUT', '/interfaces/ifc_booking', busInterface(flow.flowId, { front: 'open', path: PATH }));
  const security = await city.person(['security-admin']);
  const grant = { grantId: 'grt_booking', revision: 0, appId: 'A10021', interfaceId: 'ifc_booking' };
  assert.equal((await security.call('PUT', '/grants/grt_booking', grant)).status, 200);
  // The plan with the grant reaches the gateway within a second; what is refused before its flow runs books nothing.
  await until('the gateway knows the interface', async () => !['GW40401', 'GW40301'].includes(told(await call('first')).code));
});
after(async () => {
  await city?.close();
  platform?.process.kill('SIGKILL');
  await hospital?.stop();
  await removeScratch(scratch);
});

function call(patient: string, key?: string, language?: string): Promise<SignedAnswer> {
  return city.app.fetch(PATH, {
    body: { patient },
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(language === undefined ? {} : { headers: { 'accept-language': language } }),
  });
}

function told(answer: SignedAnswer): {
  readonly code: string;
  readonly outcome?: string;
  readonly message: string;
  readonly traceId: string;
} {
  return answer.json() as ReturnType<typeof told>;
}

const booked = (patient: string) => hospital.received.filter(({ body }) => body.includes(patient)).length;

async function heldOf(traceId: string): Promise<ExecutionDetails> {
  const { items } = (await city.admin('GET', `/executions?text=${traceId}&status=held`)) as { items: { executionId: string }[] };
  return (await city.admin('GET', `/executions/${items[0]!.executionId}`)) as ExecutionDetails;
}

test('is told as done with its trace id, in both languages, and never advises to send it', async () => {
  const first = await call('P-told', 'k-told');
  assert.equal(first.status, 504);
  const { code, outcome, traceId } = told(first);
  assert.deepEqual([code, outcome], ['GW50402', 'done']);
  const held = await heldOf(traceId);
  assert.deepEqual(
    [held.held?.reason, held.error?.code, held.doneWrites.map(({ node }) => node)],
    ['FAILED_AFTER_WRITE', 'CHECK_SCHEMA', ['n_book']],
  );
  for (const language of ['zh-CN', 'en']) {
    const again = told(await call('P-told', 'k-told', language));
    assert.deepEqual([again.code, again.outcome], ['GW50402', 'done']);
    assert.doesNotMatch(again.message, /重发|重新|再次|again|anew|resend/i);
    assert.match(again.message, /Idempotency-Key/);
    assert.doesNotMatch(told(await call(`P-${language}`, undefined, language)).message, /Idempotency-Key/);
  }
  assert.equal(booked('P-told'), 1);
});

test('killed while it is held, it stays held and done; the reply that a person gives is what the key gets from then on', async () => {
  const first = told(await call('P-reply', 'k-reply'));
  await city.close();
  await platform.end('SIGKILL');
  platform = await startPlatform(options);
  city = await openCity(platform);
  assert.equal(told(await call('P-reply', 'k-reply')).outcome, 'done');
  const { executionId, attempt } = await heldOf(first.traceId);
  const reply = { status: 201, data: { number: 7 } };
  await city.admin('POST', `/executions/${executionId}/conclude`, { attempt, reason: 'seen in the HIS', reply });
  const answer = await call('P-reply', 'k-reply');
  assert.deepEqual([answer.status, answer.json(), answer.headers['x-kq-idempotent-replay']], [201, { number: 7 }, 'true']);
  assert.equal(booked('P-reply'), 1);
});

test('let go on and failing as before, it is held again and books nothing; ended as done, its key goes on saying so', async () => {
  const first = told(await call('P-done', 'k-done'));
  const { executionId } = await heldOf(first.traceId);
  await city.admin('POST', `/executions/${executionId}/retry`, {});
  const again = await until('it is held again', async () => {
    const details = (await city.admin('GET', `/executions/${executionId}`)) as ExecutionDetails;
    return details.status === 'held' && details.attempt === 2 && details;
  });
  assert.equal(again.held?.reason, 'FAILED_AFTER_WRITE');
  await city.admin('POST', `/executions/${executionId}/conclude`, { attempt: 2, reason: 'the patient has the number' });
  await until(
    'it has ended',
    async () => ((await city.admin('GET', `/executions/${executionId}`)) as ExecutionDetails).status === 'completed',
  );
  assert.equal(told(await call('P-done', 'k-done')).outcome, 'done');
  assert.equal(booked('P-done'), 1);
});
