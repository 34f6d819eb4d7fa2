import assert from 'node:assert/strict';
import { test } from 'node:test';
import node from '../../../nodes/fhir/transaction.node.ts';
import {
  endsOnCancel,
  fhirPeer,
  givesUpOnSilentServer,
  json,
  repeatsWithItsKey,
  run,
  tellsOutcome,
  waitsForSlowServer,
  type Sent,
} from './fhir-peer.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'sends the Bundle to the base URL and emits the results',
  slow: 'a slow server within the limit is waited for',
  'half-open': 'a server that accepts and never answers is given up',
  refusal: 'a refusal tells the codes and places of the OperationOutcome, and no content',
  duplicate: 'a second run sends the same request',
  cancel: 'a cancel ends the connection',
  '10 MB': '10 MB are carried',
});

const transaction = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [{ resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } }],
};
const result = (...statuses: readonly string[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: statuses.map((status) => ({ response: { status, location: 'Patient/1' } })),
});
const SENT: Sent = { definition: node, config: {}, data: transaction, answer: result('201 Created'), lost: 'unknown-outcome' };

test('sends the Bundle to the base URL and emits the results', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, result('201 Created', '412 Precondition Failed')));
  const { data } = await run(SENT, baseUrl);
  const { failed, responses } = data as { readonly failed: number; readonly responses: readonly unknown[] };
  assert.deepEqual([failed, responses[0]], [1, { status: '201 Created', location: 'Patient/1' }]);
  assert.equal(requests[0]!.url, '/base');
});

test('what is no transaction is not sent, and another answer leaves the outcome unknown', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, { resourceType: 'Patient' }));
  for (const data of [null, { resourceType: 'Patient' }, { ...transaction, type: 'collection' }])
    await assert.rejects(run({ ...SENT, data }, baseUrl), { code: 'FHIR_RESOURCE_WRONG', kind: 'input' });
  assert.equal(requests.length, 0);
  await assert.rejects(run(SENT, baseUrl), { code: 'FHIR_ANSWER_UNREADABLE', kind: 'unknown-outcome' });
});

test('10 MB are carried', async (t) => {
  const entry = Array.from({ length: 1000 }, () => ({ resource: { resourceType: 'Binary', data: 'QUJD'.repeat(2500) } }));
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, result('201')));
  await run({ ...SENT, data: { ...transaction, entry } }, baseUrl, { limits: { timeoutMs: 20_000 } });
  assert.equal((JSON.parse(requests[0]!.body) as typeof transaction).entry.length, 1000);
});

test('a slow server within the limit is waited for', (t) => waitsForSlowServer(t, SENT));
test('a server that accepts and never answers is given up', (t) => givesUpOnSilentServer(t, SENT));
test('a refusal tells the codes and places of the OperationOutcome, and no content', (t) => tellsOutcome(t, SENT));
test('a second run sends the same request', (t) => repeatsWithItsKey(t, SENT));
test('a cancel ends the connection', (t) => endsOnCancel(t, SENT));
