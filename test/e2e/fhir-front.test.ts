/** A flow as a FHIR server: a foreign client and our own nodes call it, and every refusal is an OperationOutcome. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from 'fhir-kit-client';
import { Agent, type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { runNode } from '../../engine/testing/run-node.ts';
import type { NodeDefinition } from '../../engine/contract/node/node.ts';
import read from '../../nodes/fhir/read.node.ts';
import search from '../../nodes/fhir/search.node.ts';
import transaction from '../../nodes/fhir/transaction.node.ts';
import write from '../../nodes/fhir/write.node.ts';
import { foreignProblems } from '../nodes/fhir/foreign-validators.ts';
import { openCity, type City } from '../support/city.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const PATH = '/bus/test/fhir';
const ROUTES = [
  ['POST', '', ''],
  ['GET', '/:type', '/metadata'],
  ['POST', '/:type', '/Patient'],
  ['PUT', '/:type', '/Patient'],
  ['GET', '/:type/:id', '/Patient/p1'],
  ['POST', '/:type/:id', '/Patient/_search'],
  ['PUT', '/:type/:id', '/Patient/p1'],
  ['DELETE', '/:type/:id', '/Patient/p1'],
] as const;

/** The hospital's own system, of which the test needs only what a caller can tell apart. */
const SOURCE = `
const all = ['p1', 'p2', 'p3'].map((id, at) => ({ resourceType: 'Patient', id, meta: { versionId: '1', lastUpdated: '2026-11-30T08:00:00Z' }, name: [{ text: '测试' + id }], identifier: [{ system: 'urn:oid:1.2.3', value: String(7 + at) }] }));
const { interaction, id, resource, search, match } = message.data;
switch (interaction) {
  case 'read': return all.find((one) => one.id === id) ?? null;
  case 'search': {
    const code = search.first.identifier?.code;
    const found = all.filter((one) => code === undefined || one.identifier[0].value === code);
    const from = Number(search.page ?? 0);
    const next = from + search.count < found.length ? String(from + search.count) : null;
    return { resources: found.slice(from, from + search.count), total: found.length, next };
  }
  case 'create': {
    const known = match === null ? undefined : all.find((one) => one.identifier[0].value === match.first.identifier?.code);
    return known === undefined ? { ...resource, id: 'new', meta: { versionId: '1' } } : { resource: known, created: false };
  }
  case 'update': return { ...resource, id: id ?? 'p1', meta: { versionId: '2' } };
  case 'delete': return null;
  default: return { resourceType: 'Bundle', type: interaction + '-response', entry: resource.entry.map(() => ({ response: { status: '201 Created', location: 'Patient/new/_history/1' } })) };
}`;

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let city: City;
let client: Client;
let base: string;
let earlier: Dispatcher;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  city = await openCity(platform);
  base = `${city.bus}${PATH}`;
  const flow = chainFlow('flw_fhir_front', [
    {
      type: 'control.condition@1',
      id: 'n_version',
      config: {
        branches: [
          { port: 'old', label: { 'zh-CN': '旧', en: 'old' }, when: { left: { path: 'data.ifMatch' }, op: 'eq', right: { value: '9' } } },
        ],
      },
    },
    { type: 'code.run@1', id: 'n_store', config: { source: SOURCE } },
  ]);
  const config = {
    ...{ name: 'City record', address: base, bundles: ['transaction'], mostPerPage: 100 },
    resources: [
      {
        type: 'Patient',
        interactions: ['read', 'search', 'create', 'update', 'delete'],
        searchParameters: [
          { name: 'identifier', type: 'token' },
          { name: 'birthdate', type: 'date' },
        ],
      },
    ],
  };
  const [trigger, ...others] = flow.nodes;
  const end = { id: 'n_old', type: 'control.end@1', label: 'old', config: { code: 'VERSION_OLD', message: '版本不同', status: 412 } };
  const edges = flow.edges.map((edge) => (edge.from.node === 'n_version' ? { ...edge, from: { node: 'n_version', port: 'else' } } : edge));
  await api.publish({
    ...flow,
    nodes: [{ ...trigger!, type: 'fhir.receive@1', config }, ...others, end],
    edges: [...edges, { id: 'e_old', from: { node: 'n_version', port: 'old' }, to: { node: 'n_old', port: 'in' } }],
  });
  const form = { policies: { 'media-type': { accept: ['application/x-www-form-urlencoded'] } } };
  for (const [index, [method, path, called]] of ROUTES.entries())
    await api.offer(
      'flw_fhir_front',
      { interfaceId: `ifc_fhir_front_${index}`, method, path: `${PATH}${path}`, ...(called.endsWith('_search') ? form : {}) },
      `${PATH}${called}`,
    );
  // The client uses fetch, and must trust the platform's certificate.
  earlier = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: platform.ca } }));
  client = new Client({ baseUrl: base, bearerToken: city.busToken });
});
after(async () => {
  if (earlier !== undefined) setGlobalDispatcher(earlier);
  await city.close();
  await api.close();
  await platform.end('SIGKILL');
  await removeScratch(scratch);
});

type Fields = Record<string, unknown>;
const PATIENT = { resourceType: 'Patient', name: [{ text: '张三' }], identifier: [{ system: 'urn:oid:1.2.3', value: '99' }] };

test('a foreign client reads, searches page by page, creates, updates and deletes', async () => {
  const statement = (await client.capabilityStatement()) as Fields;
  assert.deepEqual(foreignProblems({ ...statement, fhirVersion: '4.0.0' }), []);
  const patient = (await client.read({ resourceType: 'Patient', id: 'p1' })) as Fields;
  assert.deepEqual([patient['id'], headersOf(patient).get('etag')], ['p1', 'W/"1"']);

  let bundle = (await client.search({
    resourceType: 'Patient',
    searchParams: { _count: '2', birthdate: ['ge1980-01-01', 'le1990-01-01'] },
  })) as Fields;
  assert.deepEqual(foreignProblems(plain(bundle)), []);
  const seen = [...idsIn(bundle)];
  bundle = (await client.nextPage({ bundle: bundle as never })) as Fields;
  assert.deepEqual([...seen, ...idsIn(bundle)], ['p1', 'p2', 'p3']);
  const one = (await client.search({
    resourceType: 'Patient',
    searchParams: { identifier: 'urn:oid:1.2.3|8' },
    options: { postSearch: true } as never,
  })) as Fields;
  assert.deepEqual(idsIn(one), ['p2']);

  const created = (await client.create({ resourceType: 'Patient', body: PATIENT })) as Fields;
  assert.equal(Client.httpFor(created as never).response!.status, 201);
  assert.equal(headersOf(created).get('location'), `${base}/Patient/new/_history/1`);
  const match = { headers: { 'If-None-Exist': 'identifier=urn:oid:1.2.3|7' } };
  const known = (await client.create({ resourceType: 'Patient', body: PATIENT, options: match })) as Fields;
  assert.deepEqual([known['id'], Client.httpFor(known as never).response!.status], ['p1', 200]);
  const updated = (await client.update({ resourceType: 'Patient', id: 'p1', body: { ...PATIENT, id: 'p1' } })) as Fields;
  assert.equal(headersOf(updated).get('etag'), 'W/"2"');
  const byMatch = (await client.update({ resourceType: 'Patient', searchParams: { identifier: '7' }, body: PATIENT })) as Fields;
  assert.equal(byMatch['id'], 'p1');
  await client.delete({ resourceType: 'Patient', id: 'p1' });
  const entry = [{ resource: PATIENT, request: { method: 'POST', url: 'Patient' } }];
  // Its own method for it puts a slash behind the base, which is another path.
  const body = { resourceType: 'Bundle', type: 'transaction', entry };
  const options = { headers: { 'content-type': 'application/fhir+json' } };
  const done = (await client.request(base, { method: 'POST', body, options })) as Fields;
  assert.equal(done['type'], 'transaction-response');
});

test('every refusal is an OperationOutcome with its status: of the front, of the flow, of the gateway', async () => {
  const refusals: readonly (readonly [() => Promise<unknown>, number, string, RegExp])[] = [
    [() => client.read({ resourceType: 'Patient', id: 'none' }), 404, 'not-found', /no such resource/],
    [() => client.read({ resourceType: 'Encounter', id: '1' }), 404, 'not-supported', /not offered/],
    [() => client.search({ resourceType: 'Patient', searchParams: { phone: '1' } }), 400, 'not-supported', /search parameter/],
    [() => client.create({ resourceType: 'Patient', body: { ...PATIENT, gender: '男' } as never }), 400, 'structure', /allowed codes/],
    [
      () =>
        client.update({ resourceType: 'Patient', id: 'p1', body: { ...PATIENT, id: 'p1' }, options: { headers: { 'If-Match': 'W/"9"' } } }),
      ...([412, 'conflict', /VERSION_OLD/] as const),
    ],
    [() => new Client({ baseUrl: base, bearerToken: 'no' }).read({ resourceType: 'Patient', id: 'p1' }), 401, 'login', /./],
  ];
  for (const [refused, status, type, text] of refusals) {
    const error = (await refused().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )) as { response: { status: number; data: Fields } };
    assert.equal(error.response.status, status);
    const outcome = plain(error.response.data);
    assert.deepEqual(foreignProblems(outcome), []);
    const [issue] = outcome['issue'] as { code: string; details: { text: string } }[];
    assert.equal(issue!.code, type);
    assert.match(issue!.details.text, text);
    assert.doesNotMatch(JSON.stringify(outcome), /node_modules|\.ts:|n_store/);
  }
});

test('our own nodes call it', async () => {
  const run = async (definition: NodeDefinition, config: Fields, data: unknown) => {
    const adapter = { settings: { baseUrl: base, auth: 'bearer', tls: { ca: platform.ca } } };
    const outcome = await runNode(definition, { config, data, adapter, secrets: { '': city.busToken } });
    assert.ok('emit' in outcome);
    return outcome.emit!['ok']![0]!.data as Fields;
  };
  assert.equal((await run(read, { resourceType: 'Patient', id: '{data.id}' }, { id: 'p2' }))['id'], 'p2');
  const found = await run(search, { resourceType: 'Patient', parameters: { _count: '1' } }, {});
  assert.deepEqual(
    (found['resources'] as Fields[]).map(({ id }) => id),
    ['p1', 'p2', 'p3'],
  );
  const written = await run(write, { operation: 'create', resourceType: 'Patient', match: { identifier: 'urn:oid:1.2.3|7' } }, PATIENT);
  assert.deepEqual([written['status'], written['id']], [200, 'p1']);
  const entry = [{ resource: PATIENT, request: { method: 'PUT', url: 'Patient?identifier=7' } }];
  const bundle = await run(transaction, { idempotent: true }, { resourceType: 'Bundle', type: 'transaction', entry });
  assert.equal(bundle['failed'], 0);
});

function headersOf(resource: Fields): Headers {
  return Client.httpFor(resource as never).response!.headers;
}

function idsIn(bundle: Fields): readonly string[] {
  return ((bundle['entry'] ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id);
}

/** The client hangs request and response to what it returns. */
function plain(resource: Fields): Fields {
  return JSON.parse(JSON.stringify(resource)) as Fields;
}
