import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsAddress, refusedCallsAddress } from '../../../../designer/src/kit/traffic/calls-address.ts';
import { draftFor, emptyDraft, findWrongFields, toExplained } from '../../../../designer/src/pages/calls/described-request.ts';
import { buildInterface } from '../../../gateways/support/city-plan.ts';

test('the request of the simulator is filled in as the interface wants it, and is sent without what is empty', () => {
  const requestSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const called = buildInterface({ method: 'POST', path: '/open/v1/orders/:id', requestSchema, requireIdempotencyKey: true });
  const draft = draftFor(called, 'A1');
  assert.deepEqual(findWrongFields(draft), []);
  const { front, request } = toExplained({ ...draft, headers: [...draft.headers, { name: '', value: '' }] });
  assert.deepEqual([front, request.method, request.target, request.appId], ['open', 'POST', '/open/v1/orders/1', 'A1']);
  assert.deepEqual(Object.keys(request.headers), ['Host', 'Content-Type', 'Idempotency-Key']);
  assert.deepEqual(Object.keys(JSON.parse(request.body ?? '') as object), ['id']);
  const plain = toExplained(emptyDraft('bus')).request;
  assert.deepEqual([plain.body, plain.appId, plain.user], [undefined, undefined, undefined]);
});

test('what cannot be a request is told by field', () => {
  const wrong = { ...emptyDraft('user'), target: '/医院', clientIp: 'nowhere', user: '[1]', headers: [{ name: 'a b', value: '1' }] };
  assert.deepEqual(findWrongFields(wrong), ['target', 'clientIp', 'user', 'headers']);
  assert.deepEqual(findWrongFields({ ...wrong, ...emptyDraft('user') }), []);
});

test('the address of calls has the conditions that are set, and names no code that is not one of the gateways', () => {
  assert.equal(callsAddress({}), '/calls');
  assert.equal(callsAddress({ app: 'A 1', interface: 'ifc_a', code: '' }), '/calls?app=A+1&interface=ifc_a');
  assert.equal(refusedCallsAddress('ifc_a', { code: 'GW40103', app: 'A1' }), '/calls?app=A1&interface=ifc_a&code=GW40103');
  assert.equal(refusedCallsAddress('ifc_a', { code: 'CALLER_LEFT' }), '/calls?interface=ifc_a&outcome=refused');
});
