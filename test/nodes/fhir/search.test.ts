import assert from 'node:assert/strict';
import { test } from 'node:test';
import node from '../../../nodes/fhir/search.node.ts';
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
  happy: 'reads all pages, with what is included apart',
  slow: 'a slow server within the limit is waited for',
  'half-open': 'a server that accepts and never answers is given up',
  refusal: 'a refusal tells the codes and places of the OperationOutcome, and no content',
  duplicate: 'a second run sends the same request',
  cancel: 'a cancel ends the connection',
  '10 MB': '10 MB are carried',
});

const bundle = (entry: readonly unknown[], next?: string) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: 3,
  ...(next === undefined
    ? {}
    : {
        link: [
          { relation: 'self', url: 'x' },
          { relation: 'next', url: next },
        ],
      }),
  entry,
});
const match = (id: string) => ({ resource: { resourceType: 'Patient', id }, search: { mode: 'match' } });
const SENT: Sent = {
  definition: node,
  config: { resourceType: 'Patient', parameters: { identifier: 'urn:x|{data.id}', name: '{data.name}', _count: '2' } },
  data: { id: '7&8' },
  answer: bundle([]),
  lost: 'transient',
};

test('reads all pages, with what is included apart', async (t) => {
  const { baseUrl, requests } = await fhirPeer(t, ({ url }, response) => {
    const page = new URL(url!, 'http://x').searchParams.get('page');
    if (page === null) return json(response, bundle([match('1'), match('2')], `${baseUrl}/Patient?page=2`));
    if (page === '2') return json(response, bundle([match('3')], `${baseUrl}?page=3`));
    const outcome = { resource: { resourceType: 'OperationOutcome' }, search: { mode: 'outcome' } };
    return json(response, bundle([{ resource: { resourceType: 'Encounter' }, search: { mode: 'include' } }, outcome]));
  });
  const { data } = await run(SENT, baseUrl);
  assert.deepEqual(data, {
    total: 3,
    resources: ['1', '2', '3'].map((id) => ({ resourceType: 'Patient', id })),
    included: [{ resourceType: 'Encounter' }],
  });
  assert.deepEqual(
    requests.map(({ url }) => url),
    ['/base/Patient?identifier=urn%3Ax%7C7%268&_count=2', '/base/Patient?page=2', '/base?page=3'],
  );
});

test('a next page on another server, a circle of pages, and too many resources are refused', async (t) => {
  const answers: Record<string, unknown> = {
    elsewhere: bundle([], 'http://127.0.0.1:1/base/Patient?page=2'),
    outside: bundle([], '/other/Patient'),
    circle: bundle([], 'Patient?page=2'),
    many: bundle([match('1'), match('2'), match('3')]),
    plain: { resourceType: 'Patient' },
  };
  const { baseUrl, requests } = await fhirPeer(t, ({ url }, response) =>
    json(response, answers[kind === 'circle' ? 'circle' : kind] ?? url),
  );
  let kind = 'elsewhere';
  for (const [next, problem] of [
    ['elsewhere', 'elsewhere'],
    ['outside', 'elsewhere'],
    ['circle', 'circle'],
    ['plain', 'bundle'],
  ] as const) {
    kind = next;
    await assert.rejects(run(SENT, baseUrl), (error: { code: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.values.problem], ['FHIR_PAGE_WRONG', problem], next);
      return true;
    });
  }
  kind = 'many';
  await assert.rejects(run({ ...SENT, config: { ...SENT.config, mostResources: 2 } }, baseUrl), { code: 'FHIR_TOO_MANY' });
  assert.ok(requests.length < 10);
});

test('a server that links to empty pages without end is left after as many pages as resources are allowed', async (t) => {
  let page = 0;
  const { baseUrl, requests } = await fhirPeer(t, (_request, response) => json(response, bundle([], `Patient?page=${(page += 1)}`)));
  await assert.rejects(run({ ...SENT, config: { ...SENT.config, mostResources: 5 } }, baseUrl), {
    code: 'FHIR_PAGE_WRONG',
    message: /more pages than resources/,
  });
  assert.equal(requests.length, 6);
});

test('10 MB are carried', async (t) => {
  const entries = Array.from({ length: 1000 }, (_, index) => ({
    resource: { resourceType: 'Binary', id: String(index), data: 'QUJD'.repeat(2500) },
  }));
  const { baseUrl } = await fhirPeer(t, (_request, response) => json(response, bundle(entries)));
  const { data } = await run(SENT, baseUrl, { limits: { maxResponseBytes: 20_000_000, timeoutMs: 20_000 } });
  assert.equal((data as { resources: unknown[] }).resources.length, 1000);
});

test('a slow server within the limit is waited for', (t) => waitsForSlowServer(t, SENT));
test('a server that accepts and never answers is given up', (t) => givesUpOnSilentServer(t, SENT));
test('a refusal tells the codes and places of the OperationOutcome, and no content', (t) => tellsOutcome(t, SENT));
test('a second run sends the same request', (t) => repeatsWithItsKey(t, SENT));
test('a cancel ends the connection', (t) => endsOnCancel(t, SENT));
