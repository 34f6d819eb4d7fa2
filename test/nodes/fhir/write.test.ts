import assert from 'node:assert/strict';
import { test } from 'node:test';
import node from '../../../nodes/fhir/write.node.ts';
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
  happy: 'creates, updates and deletes, on conditions too',
  slow: 'a slow server within the limit is waited for',
  'half-open': 'a server that accepts and never answers is given up',
  refusal: 'a refusal tells the codes and places of the OperationOutcome, and no content',
  duplicate: 'a second run sends the same request',
  cancel: 'a cancel ends the connection',
  '10 MB': '10 MB are carried',
});

const patient = { resourceType: 'Patient', name: [{ text: '张三' }], meta: { versionId: '3' } };
const SENT: Sent = {
  definition: node,
  config: { resourceType: 'Patient' },
  data: patient,
  answer: patient,
  lost: 'unknown-outcome',
};

test('creates, updates and deletes, on conditions too', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) =>
    json(response, undefined, 201, { location: 'http://x/Patient/p9/_history/4', etag: 'W/"4"' }),
  );
  const emits = async (config: Record<string, unknown>) =>
    (await run({ ...SENT, config: { resourceType: 'Patient', ...config } }, baseUrl)).data;
  const expected = { status: 201, id: 'p9', versionId: '4', resource: null };
  assert.deepEqual(await emits({}), expected);
  assert.deepEqual(await emits({ match: { identifier: 'urn:x|{data.name[0].text}' } }), expected);
  await emits({ operation: 'update', id: 'p9', ifMatch: '{data.meta.versionId}' });
  await emits({ operation: 'update', match: { identifier: '7' } });
  await emits({ operation: 'delete', id: 'p9' });
  const sent = requests.map(({ url, headers, body }) => [url, headers['if-none-exist'], headers['if-match'], body === '' ? '' : 'body']);
  assert.deepEqual(sent, [
    ['/base/Patient', undefined, undefined, 'body'],
    ['/base/Patient', `identifier=urn%3Ax%7C${encodeURIComponent('张三')}`, undefined, 'body'],
    ['/base/Patient/p9', undefined, 'W/"3"', 'body'],
    ['/base/Patient?identifier=7', undefined, undefined, 'body'],
    ['/base/Patient/p9', undefined, undefined, ''],
  ]);
  assert.equal(requests[0]!.headers['content-type'], 'application/fhir+json; charset=utf-8');
  assert.deepEqual(JSON.parse(requests[0]!.body), patient);
});

test('a condition or version without a value is refused before anything is sent: it would reach other resources', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, undefined, 200));
  for (const absent of ['', '  ', null, undefined]) {
    const data = { ...patient, no: absent };
    for (const config of [
      { operation: 'delete', match: { identifier: '{data.no}' } },
      { operation: 'delete', match: { identifier: 'urn:x|{data.no}' } },
      { operation: 'update', match: { identifier: '{data.no}', active: 'true' } },
      { match: { identifier: '{data.no}' } },
      { operation: 'update', id: 'p9', ifMatch: '{data.no}' },
      { operation: 'delete', id: '{data.no}' },
    ]) {
      const running = run({ ...SENT, data, config: { resourceType: 'Patient', ...config } }, baseUrl);
      await assert.rejects(running, { code: 'HTTP_VALUE_REFUSED' }, `${JSON.stringify(absent)} ${JSON.stringify(config)}`);
    }
  }
  await assert.rejects(run({ ...SENT, config: { resourceType: 'Patient', operation: 'delete', match: { identifier: '' } } }, baseUrl));
  assert.equal(requests.length, 0);
});

test('data of another type, and a place that is missing or given twice, are refused before anything is sent', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, patient));
  for (const data of [null, 'x', { resourceType: 'Encounter' }])
    await assert.rejects(run({ ...SENT, data }, baseUrl), { code: 'FHIR_RESOURCE_WRONG' });
  for (const config of [
    { operation: 'update' },
    { operation: 'delete', id: 'x', match: { a: 'b' } },
    { id: 'x' },
    { match: { a: '{nothing}' } },
    { ifMatch: '{nothing}' },
  ])
    await assert.rejects(
      run({ ...SENT, config: { resourceType: 'Patient', ...config } }, baseUrl),
      { code: 'NODE_CONFIG_WRONG' },
      JSON.stringify(config),
    );
  assert.equal(requests.length, 0);
});

test('10 MB are carried', async (t) => {
  const binary = { resourceType: 'Binary', contentType: 'text/plain', data: 'QUJD'.repeat(2_500_000) };
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, binary));
  const sent = { ...SENT, config: { resourceType: 'Binary' }, data: binary };
  await run(sent, baseUrl, { limits: { maxResponseBytes: 20_000_000, timeoutMs: 20_000 } });
  assert.equal(JSON.parse(requests[0]!.body).data.length, 10_000_000);
});

test('a slow server within the limit is waited for', (t) => waitsForSlowServer(t, SENT));
test('a server that accepts and never answers is given up', (t) => givesUpOnSilentServer(t, SENT));
test('a refusal tells the codes and places of the OperationOutcome, and no content', (t) => tellsOutcome(t, SENT));
test('a second run sends the same request', (t) => repeatsWithItsKey(t, SENT));
test('a cancel ends the connection', (t) => endsOnCancel(t, SENT));
