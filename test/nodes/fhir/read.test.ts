import assert from 'node:assert/strict';
import { test } from 'node:test';
import node from '../../../nodes/fhir/read.node.ts';
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
  happy: 'reads a resource by its id',
  slow: 'a slow server within the limit is waited for',
  'half-open': 'a server that accepts and never answers is given up',
  refusal: 'a refusal tells the codes and places of the OperationOutcome, and no content',
  duplicate: 'a second run sends the same request',
  cancel: 'a cancel ends the connection',
  '10 MB': '10 MB are carried',
});

const SENT: Sent = {
  definition: node,
  config: { resourceType: 'Patient', id: '{data.id}' },
  data: { id: 'p1' },
  answer: { resourceType: 'Patient', id: 'p1' },
  lost: 'transient',
};

test('reads a resource by its id', async (t) => {
  const patient = { resourceType: 'Patient', id: 'p1', name: [{ text: '张三' }] };
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, patient));
  const message = await run(SENT, baseUrl);
  assert.deepEqual([message.data, message.mediaType, requests[0]!.url], [patient, 'application/fhir+json', '/base/Patient/p1']);
  assert.equal(requests[0]!.headers.accept, 'application/fhir+json');
  await assert.rejects(run({ ...SENT, data: { id: '..' } }, baseUrl), { code: 'HTTP_VALUE_REFUSED' });
  await assert.rejects(run({ ...SENT, data: {} }, baseUrl), { code: 'HTTP_VALUE_REFUSED' });
});

test('a resource that is absent is an error, or null', async (t) => {
  const { baseUrl } = await fhirPeer(t, ({ url }, response) => json(response, undefined, url!.endsWith('gone') ? 410 : 404));
  await assert.rejects(run(SENT, baseUrl), { code: 'HTTP_REFUSED', kind: 'input' });
  for (const id of ['gone', 'none']) {
    const sent = { ...SENT, config: { ...SENT.config, missing: 'null' }, data: { id } };
    assert.equal((await run(sent, baseUrl)).data, null);
  }
});

test('10 MB are carried', async (t) => {
  const binary = { resourceType: 'Binary', contentType: 'text/plain', data: 'QUJD'.repeat(2_500_000) };
  const { baseUrl } = await fhirPeer(t, (_request, response) => json(response, binary));
  const message = await run(SENT, baseUrl, { limits: { maxResponseBytes: 20_000_000, timeoutMs: 20_000 } });
  assert.deepEqual(message.data, binary);
});

test('a slow server within the limit is waited for', (t) => waitsForSlowServer(t, SENT));
test('a server that accepts and never answers is given up', (t) => givesUpOnSilentServer(t, SENT));
test('a refusal tells the codes and places of the OperationOutcome, and no content', (t) => tellsOutcome(t, SENT));
test('a second run sends the same request', (t) => repeatsWithItsKey(t, SENT));
test('a cancel ends the connection', (t) => endsOnCancel(t, SENT));
