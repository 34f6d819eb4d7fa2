/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
/**
 * Role x domain x operation, made from the API's own operations: each role in its own domain, in another one, and with all domains. An operation
 * that is new fails here until it declares whose things it touches and this test knows how to ask for one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { permissionsOf } from '../../control/access/permissions.ts';
import { ROLES, type Permission, type Role } from '../../engine/contract/access/access.ts';
import {
  adapterOf,
  appOf,
  flowOf,
  grantOf,
  ids,
  interfaceOf,
  ipListOf,
  keyOf,
  makeSide,
  ruleSetOf,
  serviceOf,
  tableOf,
  type Side,
} from './domain-sides.ts';
import { readEvents } from './read-events.ts';
import type { Answer, Client } from './start-control.ts';
import { startWithEngine, type RunningEngine } from './start-engine.ts';

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly right: string;
  readonly domains: string;
}

const A = 'hospital-a';
const B = 'hospital-b';
/** In all ids and names of the other domain, and nowhere else. */
const MARK_B = 'zeta9';

let running: RunningEngine;
let security: Client;
let own: Side;
let other: Side;
let operations: readonly Operation[];
/** What each role of domain A was told before there was anything in domain B. */
let alone: ReadonlyMap<Role, Told>;
let clockOffsetMs = 0;
const inA = new Map<Role, Client>();
const everywhere = new Map<Role, Client>();

before(async () => {
  running = await startWithEngine({ controlOffsetMs: () => clockOffsetMs });
  security = await running.person('first-security', ['security-admin']);
  for (const role of ROLES) {
    everywhere.set(role, await running.person(`${role}-everywhere`, [role]));
    inA.set(role, await running.person(`${role}-in-a`, [role], [A]));
  }
  operations = await readOperations();
  own = await makeSide(running, security, A, 'alpha7');
  alone = await tellAll();
  other = await makeSide(running, security, B, MARK_B);
  // Counts are remembered for some seconds.
  clockOffsetMs = 60_000;
});
after(() => running.stop());

test('every operation says whose things it touches', () => {
  assert.ok(operations.length > 90, `${operations.length}`);
  const known = ['none', 'all', 'filtered', 'depends on the object'];
  assert.deepEqual(
    operations.filter(({ domains }) => !known.includes(domains)).map(({ id }) => id),
    [],
  );
});

test('no list, count, search, export or event tells a person of one domain anything of another', async () => {
  const now = await tellAll();
  const wrong: string[] = [];
  for (const role of ROLES) {
    for (const [operation, text] of Object.entries(now.get(role)!)) {
      if (text.includes(MARK_B) || text.includes(B)) wrong.push(`${role} ${operation} names it: ${placeOf(text)}`);
      if (text !== alone.get(role)![operation])
        wrong.push(`${role} ${operation}: ${text.slice(0, 500)}\nbefore: ${alone.get(role)![operation]!.slice(0, 500)}`);
    }
  }
  assert.deepEqual(wrong, []);
  // The search itself finds what may be seen.
  const analyst = Object.values(await tell(everywhere.get('analyst')!, 'analyst')).join();
  assert.ok(analyst.includes(MARK_B) && analyst.includes('alpha7'));
});

test('in its own domain, and with all domains, each role may do what its rights say', async () => {
  const wrong: string[] = [];
  for (const operation of operations.filter(touches)) {
    for (const role of ROLES) {
      for (const [where, person] of [
        ['own', inA.get(role)!],
        ['all', everywhere.get(role)!],
      ] as const) {
        const expected = holds(role, operation) ? 'done' : 'PERMISSION_DENIED';
        const found = verdict(await ask(operation, person, await fresh(operation, own)));
        if (found !== expected) wrong.push(`${operation.id} ${role} ${where}: ${found}, expected ${expected}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('in another domain every role gets the answer for what is not there, and changes nothing', async () => {
  const before = await everythingOf(other);
  const wrong: string[] = [];
  for (const operation of operations.filter(touches)) {
    for (const role of ROLES) {
      // The further right is asked for by the action itself, which a thing of another domain never reaches.
      const isAsked = holds(role, { ...operation, id: '' });
      const expected = isAsked ? 'NOT_FOUND' : 'PERMISSION_DENIED';
      const found = verdict(await ask(operation, inA.get(role)!, other));
      if (found !== expected) wrong.push(`${operation.id} ${role}: ${found}, expected ${expected}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(await everythingOf(other), before);
});

test('acts on the whole installation take all domains, whatever the role', async () => {
  const wrong: string[] = [];
  for (const operation of operations.filter(({ domains }) => domains === 'all')) {
    for (const role of ROLES) {
      const found = verdict(await inA.get(role)!.call(operation.method, operation.path.replaceAll(/\{\w+\}/g, 'x'), bodyOf(operation)));
      const expected = holds(role, operation) ? 'DOMAINS_ALL_NEEDED' : 'PERMISSION_DENIED';
      if (found !== expected) wrong.push(`${operation.id} ${role}: ${found}, expected ${expected}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('nothing is put into another domain, taken out of one, or bound to a thing of one', async () => {
  const analyst = inA.get('analyst')!;
  const keeper = inA.get('security-admin')!;
  const { flowId, adapterId, interfaceId, appId, grantId } = ids('omega3');
  const mark = { domain: A, mark: 'omega3' };
  const refusals: readonly (readonly [string, Promise<Answer>])[] = [
    ['DOMAIN_NOT_HELD', analyst.call('PUT', `/flows/${flowId}`, flowOf({ ...mark, domain: B }))],
    ['DOMAIN_NOT_HELD', analyst.call('PUT', `/adapters/${adapterId}`, adapterOf({ ...mark, domain: B }))],
    ['DOMAIN_NOT_HELD', keeper.call('PUT', `/apps/${appId}`, appOf({ ...mark, domain: B }))],
    [
      'NOT_FOUND',
      analyst.call('PUT', `/interfaces/${interfaceId}`, interfaceOf(mark, { target: { kind: 'flow', flowId: ids(MARK_B).flowId } })),
    ],
    [
      'NOT_FOUND',
      keeper.call('PUT', `/grants/${grantId}`, grantOf(mark, { appId: ids('alpha7').appId, interfaceId: ids(MARK_B).interfaceId })),
    ],
    ['NOT_FOUND', keeper.call('PUT', `/secrets/x`, { value: 'v', adapters: [ids(MARK_B).adapterId] })],
    ['NOT_FOUND', keeper.call('PUT', `/secrets/x`, { value: 'v', adapters: [] })],
    ['NOT_FOUND', analyst.call('POST', '/bundles/export', { flowIds: [ids(MARK_B).flowId] })],
    ['NOT_FOUND', analyst.call('POST', '/bundles/import', { schema: 'bundle/1', tables: [tableOf(other)] })],
  ];
  for (const [index, [code, refused]] of refusals.entries()) assert.equal((await refused).body.code, code, `${index}`);
});

test('a flow that refers to another domain’s things is neither tested, tried nor published there, and unknown looks the same', async () => {
  const analyst = inA.get('analyst')!;
  const mark = { domain: A, mark: 'gamma5' };
  const [map, send] = ['n_map', 'n_send'].map((id) => flowOf(other).nodes.find((node) => node.id === id)!);
  const foreign = flowOf(mark);
  const nodes = foreign.nodes.map((node) =>
    node.id === 'n_map' ? { ...node, config: map!.config } : node.id === 'n_send' ? { ...node, adapter: send!.adapter! } : node,
  );
  const issuesOf = async (document: object) => {
    const { issues } = (await analyst.call('POST', '/flows/validate', document)).body;
    return JSON.stringify(issues).replaceAll(/gamma5|zeta9/g, 'X');
  };
  assert.match(await issuesOf({ ...foreign, nodes }), /FLOW_REFERENCE_OUTSIDE.*FLOW_REFERENCE_OUTSIDE/);
  assert.equal(await issuesOf({ ...foreign, nodes }), await issuesOf(foreign));
  for (const [path, body] of [
    ['/flows/test', { document: { ...foreign, nodes } }],
    ['/flows/trial', { document: { ...foreign, nodes }, input: { data: {} }, reach: 'none' }],
  ] as const)
    assert.equal((await analyst.call('POST', path, body)).body.code, 'FLOW_OUTSIDE_DOMAINS', path);
  assert.equal((await analyst.call('PUT', `/flows/${foreign.flowId}`, { ...foreign, nodes })).status, 200);
  assert.equal((await analyst.call('POST', `/flows/${foreign.flowId}/publish`, {})).body.code, 'FLOW_OUTSIDE_DOMAINS');
  assert.equal((await running.admin.call('POST', `/flows/${foreign.flowId}/publish`, {})).status, 200);
  assert.equal((await analyst.call('POST', `/flows/${foreign.flowId}/rollback`, { version: 1 })).body.code, 'FLOW_OUTSIDE_DOMAINS');
});

test('a table and a flow that are shared may be used, and not edited', async () => {
  const { admin } = running;
  const analyst = inA.get('analyst')!;
  const mark = { domain: B, mark: 'delta4' };
  await admin.call('PUT', `/code-tables/${ids('delta4').tableId}`, tableOf(mark, { sharedWith: [A] }));
  const callee = { ...flowOf(mark), nodes: flowOf(mark).nodes.filter(({ id }) => id === 'n_in' || id === 'n_reply'), sharedWith: [A] };
  const edges = [{ id: 'e_0', from: { node: 'n_in', port: 'out' }, to: { node: 'n_reply', port: 'in' } }];
  assert.equal((await admin.call('PUT', `/flows/${callee.flowId}`, { ...callee, edges })).status, 200);
  const listed = (await analyst.call('GET', '/code-tables')).body.items.find(
    ({ tableId }: { tableId: string }) => tableId === ids('delta4').tableId,
  );
  assert.equal(listed.mayEdit, false);
  assert.equal((await analyst.call('GET', `/code-tables/${ids('delta4').tableId}`)).status, 200);
  assert.equal(
    (await analyst.call('PUT', `/code-tables/${ids('delta4').tableId}`, tableOf(mark, { revision: 1, domain: A }))).body.code,
    'NOT_FOUND',
  );
  const flows = (await analyst.call('GET', '/flows')).body;
  assert.deepEqual(
    (await analyst.call('GET', '/shared-flows')).body.items.map(({ flowId }: { flowId: string }) => flowId),
    [callee.flowId],
  );
  assert.ok(flows.items.every(({ flowId }: { flowId: string }) => flowId !== callee.flowId));
  assert.equal((await analyst.call('GET', `/flows/${callee.flowId}`)).body.code, 'NOT_FOUND');
  const users = flowOf({ domain: A, mark: 'alpha7' });
  const nodes = users.nodes.map((node) =>
    node.id === 'n_map' ? { ...node, config: flowOf(mark).nodes.find(({ id }) => id === 'n_map')!.config } : node,
  );
  const { issues } = (await analyst.call('POST', '/flows/validate', { ...users, nodes })).body;
  assert.deepEqual(
    issues.filter(({ code }: { code: string }) => code === 'FLOW_REFERENCE_OUTSIDE'),
    [],
  );
});

test('executions of a flow that moved to another domain stay with the domain in which they were accepted', async () => {
  const { admin } = running;
  const analyst = inA.get('analyst')!;
  const flowId = 'flw_moving';
  const simple = { ...flowOf({ domain: A, mark: 'moving' }), flowId };
  const nodes = simple.nodes.filter(({ id }) => id === 'n_in' || id === 'n_reply');
  const edges = [{ id: 'e_0', from: { node: 'n_in', port: 'out' }, to: { node: 'n_reply', port: 'in' } }];
  const recording = { level: 'full', retainDays: 30, perSecond: 1000 } as const;
  await running.publish({ ...simple, nodes, edges, recording });
  const first = await running.send(flowId, { number: 1 });
  await running.publish({ ...simple, nodes, edges, recording, domain: B, revision: 1 });
  const second = await running.send(flowId, { number: 2 });
  await running.until(async () => (await admin.call('GET', `/executions/${second}`)).status === 200);
  const { items } = (await analyst.call('GET', '/executions')).body;
  const seen = items.map(({ executionId }: { executionId: string }) => executionId);
  assert.deepEqual([seen.includes(first), seen.includes(second)], [true, false]);
  assert.equal((await analyst.call('GET', `/executions/${first}`)).status, 200);
  assert.equal((await analyst.call('GET', `/executions/${second}`)).body.code, 'NOT_FOUND');
});

test('a bulk over named executions finds those of another domain missing', async () => {
  const operator = inA.get('operator')!;
  const ran = (await operator.call('POST', '/held/cancel', { ids: [other.executionId], reason: 'test' })).body;
  assert.deepEqual([ran.total, ran.done, ran.missing], [1, 0, 1]);
  assert.equal((await running.admin.call('GET', `/executions/${other.executionId}`)).body.status, 'held');
});

/** Downloads are tested with their files, in `execution-file.test.ts`. */
function touches({ id, domains }: Operation): boolean {
  return domains === 'depends on the object' && id !== 'executions.file';
}

/** A right that some operations require in addition to their own. */
const FURTHER: Readonly<Record<string, Permission>> = {
  'adapters.try': 'adapters.edit',
  'transport.offer': 'flows.edit',
  'executions.resend': 'executions.payload',
  'requests.decide': 'grants.edit',
};

function holds(role: Role, { id, right }: Operation): boolean {
  const held = permissionsOf([role]);
  const isFurther = FURTHER[id] === undefined || held.has(FURTHER[id]);
  return (!right.includes('.') || held.has(right as Permission)) && isFurther;
}

/** What came of it as far as domains and rights are concerned: a refusal for the state of a thing shows that it was reached. */
function verdict({ status, body }: Answer): string {
  const refused = ['NOT_FOUND', 'PERMISSION_DENIED', 'DOMAIN_NOT_HELD', 'DOMAINS_ALL_NEEDED', 'INPUT_INVALID', 'REQUEST_MALFORMED'];
  return status >= 400 && refused.includes(body?.code) ? body.code : 'done';
}

function bodyOf({ method }: Operation): unknown {
  return method === 'GET' || method === 'DELETE' ? undefined : {};
}

/** Where ids stand in paths. A new parameter is added here. */
function paramsOf(side: Side): Readonly<Record<string, string>> {
  const { executionId, consumerId, bulkId, alarmId, silenceId, requestId, mark } = side;
  return {
    ...ids(mark),
    executionId,
    id: consumerId,
    bulkId,
    alarmId,
    silenceId,
    requestId,
    version: '1',
    revisionId: '1',
    keyId: `key-${mark}`,
    operation: 'file.list',
    front: 'bus',
  };
}

type Make = (side: Side) => unknown;

/** What is sent to an operation with a body that touches something. A new operation is added here. */
const BODIES: Readonly<Record<string, Make>> = {
  'flows.save': (side) => flowOf(side, { revision: 99 }),
  'flows.set-aside': (side) => flowOf(side, { revision: 99 }),
  'flows.visit': () => ({}),
  'flows.publish': () => ({}),
  'flows.rollback': () => ({ version: 1 }),
  'flows.unpublish': () => ({}),
  'bundles.import': (side) => ({ schema: 'bundle/1', flows: [flowOf(side)] }),
  'adapters.save': (side) => adapterOf(side, { revision: 99 }),
  'adapters.test': () => ({}),
  'adapters.try': (side) => adapterOf(side),
  'tables.save': (side) => tableOf(side, { revision: 99 }),
  'secrets.save': ({ mark }) => ({ value: `value ${mark}`, adapters: [ids(mark).adapterId] }),
  'secrets.reveal': () => ({ reason: 'the matrix' }),
  'interfaces.save': (side) => interfaceOf(side, { revision: 99 }),
  'interfaces.validate': (side) => interfaceOf(side),
  'object-rules.save': (side) => ruleSetOf(side, { revision: 99 }),
  'transport.offer': () => ({ settings: {} }),
  'interfaces.set-state': () => ({ state: 'offline' }),
  'calls.search': () => ({ traceId: 'trace-of-the-matrix' }),
  'calls.open': () => ({ traceId: 'trace-of-the-matrix', at: 0, front: 'open', reason: 'the matrix' }),
  'calls.explain': () => ({ front: 'open', request: { method: 'GET', target: '/', headers: {}, clientIp: '10.0.0.1' } }),
  'interfaces.purge-cache': () => ({}),
  'gateways.drain': () => ({ reason: 'the matrix' }),
  'gateways.resume': () => ({ reason: 'the matrix' }),
  'interfaces.set-breaker': () => ({ state: 'automatic', reason: 'a test' }),
  'apps.save': (side) => appOf(side, { revision: 99 }),
  'keys.upload': () => keyOf('another'),
  'keys.create-secret': () => ({ keyId: 'made', scheme: 'HMAC-SM3' }),
  'keys.activate': () => ({ signature: 'AAAA' }),
  'keys.retire': () => ({}),
  'keys.revoke': () => ({}),
  'grants.save': (side) => grantOf(side, { revision: 99 }),
  'ip-lists.save': (side) => ipListOf(side, { revision: 99 }),
  'services.save': (side) => serviceOf(side, { revision: 99 }),
  'services.set-state': () => ({ state: 'online' }),
  'bus-consumers.create-token': ({ mark }) => ({ appId: ids(mark).appId }),
  'bus-consumers.add-certificate': ({ mark }) => ({ appId: ids(mark).appId, certificateFingerprint: 'ab'.repeat(32) }),
  'executions.retry': () => ({}),
  'executions.try-now': () => ({}),
  'executions.cancel': () => ({ reason: 'the matrix' }),
  'executions.resend': () => ({ seen: 'failed', reason: 'the matrix' }),
  'executions.conclude': () => ({ attempt: 1, reason: 'the matrix' }),
  'executions.resume': ({ mark }) => ({ flowId: ids(mark).flowId, token: 'x', data: null }),
  'flow-data.remove-items': ({ domain }) => ({ domain, collection: 'reports' }),
  'flow-data.find-state': ({ domain }) => ({ domain, store: 'sent', key: 'k' }),
  'flow-data.remove-state': ({ domain }) => ({ domain, store: 'sent', key: 'k' }),
  'brokers.create-destination': () => ({ kind: 'queue', name: 'results' }),
  'brokers.browse': () => ({ kind: 'queue', name: 'results' }),
  'brokers.move': () => ({ kind: 'queue', name: 'results' }),
  'brokers.purge': () => ({ kind: 'queue', name: 'results' }),
  'brokers.remove-destination': () => ({ kind: 'queue', name: 'results' }),
  'brokers.subscribe': () => ({ topic: 'wards', subscriber: 'results' }),
  'brokers.unsubscribe': () => ({ topic: 'wards', subscriber: 'results' }),
  'brokers.end-session': () => ({ sessionId: 'x' }),
  'requests.decide': () => ({ accept: true, reason: 'the matrix' }),
  'bulks.cancel': () => ({}),
  'bulks.close': () => ({}),
  'alarms.acknowledge': () => ({}),
  'alarms.silence': ({ mark }) => ({ subject: ids(mark).flowId, minutes: 1 }),
};

const QUERY: Readonly<Record<string, string>> = { 'flows.diff': '?from=1&to=0' };

async function ask(operation: Operation, person: Client, side: Side): Promise<Answer> {
  const { id, method, path } = operation;
  const params = paramsOf(side);
  const address = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    assert.ok(params[name] !== undefined, `paramsOf does not know ${name} of ${id}`);
    return params[name];
  });
  const isWithout = method === 'GET' || method === 'DELETE';
  assert.ok(isWithout || BODIES[id] !== undefined, `BODIES does not know ${id}`);
  return person.call(method, `${address}${QUERY[id] ?? ''}`, isWithout ? undefined : BODIES[id]!(side));
}

let made = 0;

/** What an operation ends is made for it alone; the rest is asked of what is there. */
async function fresh({ id, method }: Operation, side: Side): Promise<Side> {
  const isEnd = method === 'DELETE' || ['executions.cancel', 'bulks.close', 'keys.revoke', 'flows.unpublish'].includes(id);
  if (!isEnd) return side;
  made += 1;
  return makeSide(running, security, side.domain, `alpha7x${made}`);
}

async function readOperations(): Promise<readonly Operation[]> {
  interface Described {
    readonly operationId?: string;
    readonly description?: string;
  }
  const document = (await running.admin.call('GET', '/api/docs/json')).body as { paths: Record<string, Record<string, Described>> };
  const all = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, { operationId = path, description = '' }]) => ({
      ...{ id: operationId, method: method.toUpperCase(), path: path.replace('/api/v1', '') },
      right: /right: `([^`]+)`/.exec(description)?.[1] ?? '',
      domains: /domains: `([^`]+)`/.exec(description)?.[1] ?? '',
    })),
  );
  // The login comes before all rights; the events are read below.
  return all.filter(({ path }) => path !== '/login' && path !== '/events');
}

/** Everything that each role of domain A can read: every reading operation, search and export, and the first events. */
async function tellAll(): Promise<ReadonlyMap<Role, Told>> {
  const told = new Map<Role, Told>();
  for (const role of ROLES) told.set(role, await tell(inA.get(role)!, role));
  return told;
}

/** Times, measurements and values that differ for each request. */
const VOLATILE = new Set(['requestId', 'pingMs', 'plan', 'planMadeAt', 'lastSeenAt', 'queueAgeMs', 'expiresAt', 'id', 'at']);

function stable(value: unknown): string {
  return JSON.stringify(value, (key, field: unknown) => (VOLATILE.has(key) ? undefined : field));
}

/** What was told, by what asked for it. */
type Told = Readonly<Record<string, string>>;

async function tell(person: Client, role: Role): Promise<Told> {
  const told: Record<string, string> = {};
  const params = paramsOf(own);
  for (const operation of operations.filter(({ method, domains }) => method === 'GET' && domains !== 'all')) {
    // The account that asks, not what it sees.
    if (operation.id.startsWith('me.')) continue;
    const address = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => params[name]!);
    told[operation.id] = stable((await person.call('GET', `${address}${QUERY[operation.id] ?? ''}`)).body);
  }
  const posts: readonly (readonly [string, unknown])[] = [
    ['/executions/search', { keyName: 'patient', keyValue: 'x' }],
    ['/bundles/export', {}],
    ['/held/retry', { all: true, dryRun: true }],
    ['/held/cancel', { code: `CODE_${MARK_B}`, dryRun: true }],
  ];
  for (const [path, body] of posts)
    told[`${path} ${JSON.stringify(body).replaceAll(MARK_B, '')}`] = stable((await person.call('POST', path, body)).body);
  for (const path of [
    `/executions?flowId=flw_${MARK_B}`,
    `/executions?text=exe_${MARK_B}`,
    `/uses?adapterId=adp_${MARK_B}`,
    `/grants?appId=APP_${MARK_B}`,
  ])
    told[path.replaceAll(MARK_B, '')] = stable((await person.call('GET', path)).body);
  if (permissionsOf([role]).has('system.read')) told['events'] = stable(await firstEvents(person));
  return told;
}

async function firstEvents(person: Client): Promise<unknown> {
  const leaving = new AbortController();
  const events = readEvents(await person.raw('GET', '/events', { signal: leaving.signal }));
  const counts = await events.next('counts');
  leaving.abort();
  return counts;
}

async function everythingOf(side: Side): Promise<string> {
  const params = paramsOf(side);
  const reading = operations.filter((operation) => operation.method === 'GET' && touches(operation) && operation.id !== 'adapters.offers');
  const answers = [];
  for (const { path, id } of reading) {
    const address = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => params[name]!);
    answers.push(stable((await running.admin.call('GET', `${address}${QUERY[id] ?? ''}`)).body));
  }
  return answers.join('\n');
}

function placeOf(text: string): string {
  const at = text.indexOf(MARK_B);
  return text.slice(Math.max(0, at - 200), at + 50);
}
