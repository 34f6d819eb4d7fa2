import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../engine/host/system-clock.ts';
import type { OpenedCall } from '../../../engine/contract/node/call-door.ts';
import type { Reply } from '../../../engine/contract/node/node.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import receive from '../../../nodes/fhir/receive.node.ts';
import { resourceSteps } from '../../../nodes/fhir/r4/check-resource.ts';
import { runSynchronously } from '../../../nodes/shared/in-turns.ts';
import { showsContract } from '../shows-contract.ts';
import { foreignProblems } from './foreign-validators.ts';

showsContract(import.meta.url, {
  happy: 'each interaction becomes a message of its own shape',
});

const BASE = 'https://bus.city.example/fhir';
const CONFIG = {
  ...{ name: 'City record', address: BASE, checks: true, mostPerPage: 50, bundles: ['transaction' as const] },
  resources: [
    {
      type: 'Patient',
      interactions: ['read' as const, 'search' as const, 'create' as const, 'update' as const, 'delete' as const],
      searchParameters: [
        { name: 'identifier', type: 'token' as const, about: '患者标识' },
        { name: 'name', type: 'string' as const },
        { name: 'birthdate', type: 'date' as const },
        { name: 'general-practitioner', type: 'reference' as const },
      ],
    },
    { type: 'Observation', interactions: ['search' as const], searchParameters: [{ name: 'value-quantity', type: 'quantity' as const }] },
  ],
};
assert.ok(receive.kind === 'trigger');
const door = receive.door!(CONFIG);
const PATIENT = { resourceType: 'Patient', name: [{ text: '张三' }], gender: 'male' };

interface Asked {
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

function open(method: string, path: string, { query = '', body = null, headers = {} }: Asked = {}): Promise<OpenedCall> {
  const [type, id] = path.split('/').filter(Boolean);
  const params = { ...(type === undefined ? {} : { type }), ...(id === undefined ? {} : { id }) };
  const request = { method, rawQuery: query };
  return Promise.resolve(
    door.open(createMessage({ body, query: {}, params }, { headers }), {
      clock: systemClock,
      signal: new AbortController().signal,
      request,
    }),
  );
}

async function run(method: string, path: string, asked?: Asked) {
  const opened = await open(method, path, asked);
  assert.ok('message' in opened, JSON.stringify('answer' in opened ? opened.answer.message.data : ''));
  return {
    data: opened.message.data as Record<string, unknown>,
    answer: (data: unknown, status = 200) => opened.answerTo({ status, headers: {}, message: createMessage(data) }),
  };
}

async function refused(method: string, path: string, asked?: Asked): Promise<{ status: number; type: string; text: string }> {
  const opened = await open(method, path, asked);
  assert.ok('answer' in opened);
  const outcome = opened.answer.message.data as { issue: { code: string; details: { text: string }; expression?: string[] }[] };
  assert.deepEqual(foreignProblems(outcome), []);
  assert.equal(opened.answer.message.mediaType, 'application/fhir+json');
  const [issue] = outcome.issue;
  return { status: opened.answer.status, type: issue!.code, text: `${issue!.expression?.[0] ?? ''} ${issue!.details.text}` };
}

test('each interaction becomes a message of its own shape', async () => {
  assert.deepEqual((await run('GET', '/Patient/p1')).data, {
    ...{
      interaction: 'read',
      type: 'Patient',
      id: 'p1',
      resource: null,
      search: null,
      match: null,
      ifMatch: null,
      prefer: 'representation',
    },
  });
  assert.equal((await run('POST', '/Patient', { body: PATIENT })).data['interaction'], 'create');
  const update = await run('PUT', '/Patient/p1', {
    body: { ...PATIENT, id: 'p1' },
    headers: { 'if-match': 'W/"3"', prefer: 'return=minimal' },
  });
  assert.deepEqual([update.data['interaction'], update.data['ifMatch'], update.data['prefer']], ['update', '3', 'minimal']);
  assert.equal((await run('DELETE', '/Patient/p1')).data['interaction'], 'delete');
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource: PATIENT, request: { method: 'POST', url: 'Patient' } }],
  };
  assert.equal((await run('POST', '/', { body: bundle })).data['interaction'], 'transaction');
});

test('search parameters are taken apart by their type', async () => {
  const query =
    'identifier=urn:oid:1.2.3%7C7,8&name:contains=%E5%BC%A0%5C,%E4%B8%89&birthdate=ge2020-01-01&birthdate=lt2026-01-01T00:00:00%2B08:00&general-practitioner=Practitioner/d1&_count=500&_sort=-birthdate,name&_include=Patient:organization';
  const { data } = await run('GET', '/Patient', { query });
  assert.deepEqual(data['search'], {
    conditions: [
      {
        name: 'identifier',
        modifier: null,
        values: [
          { text: 'urn:oid:1.2.3|7', system: 'urn:oid:1.2.3', code: '7' },
          { text: '8', system: null, code: '8' },
        ],
      },
      { name: 'name', modifier: 'contains', values: [{ text: '张,三' }] },
      { name: 'birthdate', modifier: null, values: [{ text: '2020-01-01', prefix: 'ge' }] },
      { name: 'birthdate', modifier: null, values: [{ text: '2026-01-01T00:00:00+08:00', prefix: 'lt' }] },
      { name: 'general-practitioner', modifier: null, values: [{ text: 'Practitioner/d1', type: 'Practitioner', id: 'd1' }] },
    ],
    first: {
      identifier: { text: 'urn:oid:1.2.3|7', system: 'urn:oid:1.2.3', code: '7' },
      name: { text: '张,三' },
      birthdate: { text: '2020-01-01', prefix: 'ge' },
      'general-practitioner': { text: 'Practitioner/d1', type: 'Practitioner', id: 'd1' },
    },
    count: 50,
    page: null,
    sort: [
      { name: 'birthdate', isDescending: true },
      { name: 'name', isDescending: false },
    ],
    include: ['Patient:organization'],
    ...{ revinclude: [], summary: null, elements: [], total: null },
  });
  const quantity = await run('GET', '/Observation', { query: 'value-quantity=gt5.4%7Chttp://unitsofmeasure.org%7Cmg' });
  assert.deepEqual((quantity.data['search'] as { first: unknown }).first, {
    'value-quantity': {
      text: '5.4|http://unitsofmeasure.org|mg',
      prefix: 'gt',
      number: 5.4,
      system: 'http://unitsofmeasure.org',
      code: 'mg',
    },
  });
  const form = {
    body: Buffer.from('name=%E5%BC%A0+%E4%B8%89&birthdate=2020'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
  const posted = await run('POST', '/Patient/_search', form);
  assert.deepEqual((posted.data['search'] as { first: unknown }).first, {
    name: { text: '张 三' },
    birthdate: { text: '2020', prefix: 'eq' },
  });
  const lenient = await run('GET', '/Patient', { query: 'nonsense=1&name=x', headers: { prefer: 'handling=lenient' } });
  assert.deepEqual(Object.keys((lenient.data['search'] as { first: object }).first), ['name']);
});

const REFUSED: readonly (readonly [string, string, string, Asked, number, string, RegExp])[] = [
  ['a type that is not offered', 'GET', '/Encounter/1', {}, 404, 'not-supported', /type is not offered/],
  ['an interaction that is not offered', 'GET', '/Observation/1', {}, 405, 'not-supported', /read is not offered/],
  ['a parameter that is not declared', 'GET', '/Patient', { query: 'phone=1' }, 400, 'not-supported', /^phone /],
  ['a chain', 'GET', '/Patient', { query: 'organization.name=1' }, 400, 'not-supported', /organization\.name/],
  ['a modifier that the type does not have', 'GET', '/Patient', { query: 'birthdate:exact=2020' }, 400, 'not-supported', /^birthdate /],
  ['a date that is none', 'GET', '/Patient', { query: 'birthdate=20200101' }, 400, 'value', /^birthdate /],
  ['a count that is none', 'GET', '/Patient', { query: '_count=x' }, 400, 'value', /^_count /],
  ['a sort that is not declared', 'GET', '/Patient', { query: '_sort=phone' }, 400, 'not-supported', /^_sort /],
  ['a query that is not encoded', 'GET', '/Patient', { query: 'name=%zz' }, 400, 'invalid', /percent-encoded/],
  ['XML', 'GET', '/Patient/1', { headers: { accept: 'application/fhir+xml' } }, 406, 'not-supported', /json/],
  ['XML by _format', 'GET', '/Patient/1', { query: '_format=xml' }, 406, 'not-supported', /json/],
  ['a body in XML', 'POST', '/Patient', { body: Buffer.from('<Patient/>') }, 415, 'not-supported', /fhir\+json/],
  ['no body', 'POST', '/Patient', {}, 400, 'structure', /no resource/],
  ['another type than that of the address', 'POST', '/Patient', { body: { resourceType: 'Observation' } }, 400, 'invalid', /Patient/],
  ['another id than that of the address', 'PUT', '/Patient/p1', { body: { ...PATIENT, id: 'p2' } }, 400, 'invalid', /Patient\.id/],
  ['a resource that does not fit R4', 'POST', '/Patient', { body: { ...PATIENT, gender: '男' } }, 400, 'structure', /^Patient\.gender /],
  ['a conditional update without conditions', 'PUT', '/Patient', { body: PATIENT }, 412, 'invalid', /search parameter/],
  ['a conditional delete by a parameter that is not declared', 'DELETE', '/Patient', { query: 'phone=1' }, 400, 'not-supported', /^phone /],
  [
    'a conditional create without a value',
    'POST',
    '/Patient',
    { body: PATIENT, headers: { 'if-none-exist': 'identifier=' } },
    412,
    'invalid',
    /value/,
  ],
  ...['identifier=', 'identifier=,', 'identifier=%7C,', 'name:contains=,%20', '_id=,'].flatMap((query): typeof REFUSED => [
    [`a conditional delete by ${query}`, 'DELETE', '/Patient', { query }, 412, 'invalid', /value/],
    [`a conditional update by ${query}`, 'PUT', '/Patient', { query, body: PATIENT }, 412, 'invalid', /value/],
    [
      `an entry that deletes by ${query}`,
      ...(['POST', '/'] as const),
      { body: { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: `Patient?${query}` } }] } },
      ...([412, 'invalid', /value/] as const),
    ],
  ]),
  ['an If-Match that is none', 'DELETE', '/Patient/p1', { headers: { 'if-match': '3' } }, 400, 'value', /If-Match/],
  [
    'a bundle of a type that is not offered',
    'POST',
    '/',
    { body: { resourceType: 'Bundle', type: 'batch' } },
    400,
    'not-supported',
    /Bundle\.type/,
  ],
  [
    'an entry with an interaction that is not offered',
    ...(['POST', '/'] as const),
    { body: { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: 'Observation/1' } }] } },
    ...([405, 'not-supported', /^Bundle\.entry\[0\] /] as const),
  ],
  [
    'an entry that leaves the endpoint',
    ...(['POST', '/'] as const),
    { body: { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'GET', url: 'http://elsewhere/Patient/1' } }] } },
    ...([400, 'not-supported', /url/] as const),
  ],
];
for (const [what, method, path, asked, status, type, text] of REFUSED)
  test(`${what} is refused with an OperationOutcome`, async () => {
    const outcome = await refused(method, path, asked);
    assert.deepEqual([outcome.status, outcome.type], [status, type]);
    assert.match(outcome.text, text);
  });

test('the entries of a large Bundle are judged while others go on', async () => {
  assert.ok(receive.kind === 'trigger');
  const abort = new AbortController();
  const url = `Patient?${Array.from({ length: 200 }, () => `identifier=${'a,'.repeat(100)}`).join('&')}`;
  const body = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: Array.from({ length: 100 }, () => ({ request: { method: 'GET', url } })),
  };
  const opened = receive.door!({ ...CONFIG, checks: false }).open(createMessage({ body, query: {}, params: {} }, { headers: {} }), {
    ...{ clock: systemClock, signal: abort.signal, request: { method: 'POST', rawQuery: '' } },
  });
  setImmediate(() => abort.abort(new Error('cancelled')));
  await assert.rejects(Promise.resolve(opened), /cancelled/);
});

test('metadata describes what is offered, and two foreign validators accept it', async () => {
  const opened = await open('GET', '/metadata');
  assert.ok('answer' in opened);
  const statement = opened.answer.message.data as { rest: { resource: { type: string; searchParam: { name: string }[] }[] }[] };
  assert.deepEqual(runSynchronously(resourceSteps(statement)), []);
  // The foreign schema is of R4 4.0.0, and knows no later correction by its number.
  assert.deepEqual(foreignProblems({ ...statement, fhirVersion: '4.0.0' }), []);
  const [patient, observation] = statement.rest[0]!.resource;
  assert.deepEqual(
    patient!.searchParam.map(({ name }) => name),
    ['_id', '_lastUpdated', 'identifier', 'name', 'birthdate', 'general-practitioner'],
  );
  assert.equal(observation!.type, 'Observation');
  // `If-Modified-Since` is not read.
  assert.equal((patient as { conditionalRead?: string }).conditionalRead, 'not-match');
});

const bodyOf = ({ message }: Reply) => message.data as Record<string, unknown>;

test('a reply becomes the answer of its interaction, with ETag, Location and status', async () => {
  const stored = { ...PATIENT, id: 'p1', meta: { versionId: '3', lastUpdated: '2026-11-30T08:00:00Z' } };
  const read = (await run('GET', '/Patient/p1')).answer(stored);
  assert.deepEqual([read.status, read.headers], [200, { etag: 'W/"3"', 'last-modified': 'Mon, 30 Nov 2026 08:00:00 GMT' }]);
  assert.equal((await run('GET', '/Patient/p1', { headers: { 'if-none-match': 'W/"3"' } })).answer(stored).status, 304);
  const absent = (await run('GET', '/Patient/p1')).answer(null);
  assert.deepEqual([absent.status, bodyOf(absent)['resourceType']], [404, 'OperationOutcome']);
  const created = (await run('POST', '/Patient', { body: PATIENT })).answer(stored);
  assert.deepEqual([created.status, created.headers['location'], created.headers['etag']], [201, `${BASE}/Patient/p1/_history/3`, 'W/"3"']);
  const match = { body: PATIENT, headers: { 'if-none-exist': 'identifier=7' } };
  const existing = (await run('POST', '/Patient', match)).answer({ resource: stored, created: false });
  assert.deepEqual([existing.status, existing.headers['location']], [200, undefined]);
  const minimal = (await run('PUT', '/Patient/p1', { body: { ...PATIENT, id: 'p1' }, headers: { prefer: 'return=minimal' } })).answer(
    stored,
  );
  assert.deepEqual([minimal.status, minimal.message.data], [200, undefined]);
  assert.equal((await run('DELETE', '/Patient/p1')).answer({}).status, 204);
  const conflict = (await run('PUT', '/Patient/p1', { body: { ...PATIENT, id: 'p1' } })).answer({ reason: '版本不同' }, 412);
  assert.deepEqual([conflict.status, (bodyOf(conflict)['issue'] as { code: string }[])[0]!.code], [412, 'conflict']);
  const create = await run('POST', '/Patient', { body: PATIENT });
  for (const wrong of ['x', { resourceType: 'Patient' }, null, { resourceType: 'Observation', id: 'o1' }])
    assert.throws(() => create.answer(wrong), { code: 'FHIR_REPLY' });
});

test('a search is answered with a searchset and links to its pages', async () => {
  const stored = { ...PATIENT, id: 'p1' };
  const search = await run('GET', '/Patient', { query: 'name=%E5%BC%A0&_page=a&_count=1' });
  assert.equal((search.data['search'] as { page: string }).page, 'a');
  const bundle = bodyOf(
    search.answer({ resources: [stored], included: [{ resourceType: 'Organization', id: 'o1', name: 'x' }], total: 7, next: 'b/c' }),
  );
  assert.deepEqual(foreignProblems(bundle), []);
  assert.deepEqual(bundle, {
    ...{ resourceType: 'Bundle', type: 'searchset', total: 7 },
    link: [
      { relation: 'self', url: `${BASE}/Patient?name=%E5%BC%A0&_page=a&_count=1` },
      { relation: 'next', url: `${BASE}/Patient?name=%E5%BC%A0&_count=1&_page=b%2Fc` },
    ],
    entry: [
      { fullUrl: `${BASE}/Patient/p1`, resource: stored, search: { mode: 'match' } },
      { fullUrl: `${BASE}/Organization/o1`, resource: { resourceType: 'Organization', id: 'o1', name: 'x' }, search: { mode: 'include' } },
    ],
  });
  const count = bodyOf((await run('GET', '/Patient', { query: '_summary=count' })).answer([stored, stored]));
  assert.deepEqual([count['total'], count['entry']], [2, undefined]);
  const form = { body: Buffer.from('name=a+b'), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const posted = bodyOf((await run('POST', '/Patient/_search', form)).answer({ resources: [stored], next: '2' }));
  assert.equal((posted['link'] as { url: string }[])[1]!.url, `${BASE}/Patient?name=a%20b&_page=2`);
  assert.deepEqual(bodyOf((await run('GET', '/Patient')).answer([]))['entry'], undefined);
});

test('a single result in place of a list is a list of one', async () => {
  const stored = { ...PATIENT, id: 'p1' };
  const entry = { fullUrl: `${BASE}/Patient/p1`, resource: stored, search: { mode: 'match' } };
  const search = await run('GET', '/Patient');
  for (const reply of [stored, { resources: stored }, { resourceType: 'Bundle', type: 'searchset', entry }])
    assert.deepEqual(bodyOf(search.answer(reply))['entry'], [entry]);
  const done = { resourceType: 'Bundle', type: 'transaction-response', entry: { response: { status: '201' } } };
  const body = {
    ...{ resourceType: 'Bundle', type: 'transaction' },
    entry: [{ resource: PATIENT, request: { method: 'POST', url: 'Patient' } }],
  };
  assert.deepEqual(bodyOf((await run('POST', '/', { body })).answer(done))['entry'], [done.entry]);
});

test('a reply of another type, another id or too many resources is refused, and the text names no data', async () => {
  const stored = { ...PATIENT, id: 'p1' };
  const other = { resourceType: 'Observation', id: 'p1', status: '张三' };
  const read = await run('GET', '/Patient/p1');
  const search = await run('GET', '/Patient');
  const update = await run('PUT', '/Patient/p1', { body: stored });
  const many = Array.from({ length: 51 }, () => stored);
  const set = { resourceType: 'Bundle', type: 'searchset' };
  const refusals: readonly (readonly [() => unknown, string])[] = [
    [() => read.answer(other), 'read'],
    [() => read.answer({ ...stored, id: 'p2' }), 'read'],
    [() => read.answer({ ...set, entry: [{ resource: stored }] }), 'read'],
    [() => update.answer({ ...stored, id: 'p2' }), 'stored'],
    [() => search.answer(other), 'list'],
    [() => search.answer([stored, other]), 'matches'],
    [() => search.answer({ ...set, entry: [{ resource: other }] }), 'matches'],
    [() => search.answer({ ...set, entry: '张三' }), 'entries'],
    [() => search.answer({ ...set, type: 'collection' }), 'list'],
    [() => search.answer(many), 'page'],
    [() => search.answer({ ...set, entry: many.map((resource) => ({ resource })) }), 'page'],
  ];
  for (const [answer, problem] of refusals)
    assert.throws(answer, (error: Error & { code: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.values.problem], ['FHIR_REPLY', problem]);
      return !error.message.includes('张三');
    });
  const include = many.map((resource) => ({ resource, search: { mode: 'include' } }));
  assert.equal(search.answer({ ...set, entry: [{ resource: stored }, ...include] }).status, 200);
});

test('a durable flow cannot offer reading and searching', () => {
  const at = (mode: 'sync' | 'durable') => receive.check!(CONFIG, mode).map(({ path }) => path);
  assert.deepEqual([at('sync'), at('durable')], [[], ['/resources/0/interactions', '/resources/1/interactions']]);
  const writes = CONFIG.resources.map((resource) => ({ ...resource, interactions: ['create' as const] }));
  assert.deepEqual(receive.check!({ ...CONFIG, resources: writes }, 'durable'), []);
});
