// @never-rerun: a single failure is a failure.
/**
 * What a person sees and may do over the admin API, on the real process: of every operation that the OpenAPI document names. A viewer changes nothing
 * and reads nothing of a patient; no secret that was put in or made ever comes back to anybody, but to who makes it, once.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { makeWork, PATIENT, type Work } from '../support/busy-city.ts';
import { openCity, type City, type Person } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly right: string;
  /** Query that it cannot do without. */
  readonly query: readonly string[];
}

/** One's own account, and what is asked with a body but changes nothing. */
const OWN = /^(me|requests)\./;
const ASKING = new Set([
  'flows.validate',
  'bundles.export',
  'nodes.ports',
  'nodes.upgrade',
  'interfaces.validate',
  'flows.visit',
  'calls.search',
  'calls.explain',
  'blocked-callers.find',
]);
/** All rights there are, in accounts that one person may hold. */
const ACCOUNTS = [['viewer'], ['analyst', 'operator', 'system-admin'], ['security-admin'], ['audit-admin']];

let scratch: string;
let platform: Platform;
let city: City;
let work: Work;
let operations: readonly Operation[];

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  city = await openCity(platform);
  work = await makeWork(city);
  await saveTestOfPatient();
  operations = await readOperations();
});
after(async () => {
  await city?.close();
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('a viewer is refused every operation for which another right is needed, whatever it does', async () => {
  const viewer = await city.person(['viewer']);
  const { permissions } = (await viewer.call('GET', '/me')).json() as { permissions: readonly string[] };
  const others = operations.filter(({ right }) => right.includes('.') && !permissions.includes(right));
  assert.ok(others.length > 40, `${others.length}`);
  for (const operation of others) {
    const answer = await viewer.call(operation.method, addressOf(operation), operation.method === 'GET' ? undefined : {});
    assert.equal(answer.status, 403, operation.id);
    assert.equal((answer.json() as { code: string }).code, 'PERMISSION_DENIED', operation.id);
  }
});

test('what a viewer may send is about the own account, or changes nothing', async () => {
  const viewer = await city.person(['viewer']);
  const { permissions } = (await viewer.call('GET', '/me')).json() as { permissions: readonly string[] };
  const sent = operations.filter(({ method, right }) => method !== 'GET' && (!right.includes('.') || permissions.includes(right)));
  assert.deepEqual(
    sent.map(({ id }) => id).filter((id) => !OWN.test(id) && !ASKING.has(id)),
    [],
  );
});

test('no answer to a viewer names a patient, by whom ever it is asked', async () => {
  const viewer = await city.person(['viewer']);
  assert.deepEqual(await found(viewer, Object.values(PATIENT)), []);
  // The search itself finds them where they may be seen.
  const analyst = await city.person(['analyst']);
  assert.ok((await found(analyst, Object.values(PATIENT))).length > 0);
});

test('no secret that was stored, made or given comes back in any answer, export or log, to any account', async () => {
  const secrets = await plantSecrets();
  for (const roles of ACCOUNTS) {
    const person = await city.person(roles);
    assert.deepEqual(
      await found(person, Object.values({ ...secrets, password: person.password, cookie: person.cookie.split('=')[1]! })),
      [],
      roles.join(),
    );
  }
  const logs = join(platform.dataFolder, 'logs');
  const written = [platform.output(), ...(await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8'))))];
  // The start prints the first one-time password; it is none of these.
  assert.deepEqual(
    Object.entries(secrets).filter(([, value]) => written.some((text) => text.includes(value))),
    [],
  );
});

/** An analyst kept a real message as a test. */
async function saveTestOfPatient(): Promise<void> {
  const flow = (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
  const saved = { ...flow.tests[0]!, name: '一次真实的挂号', input: { data: { body: { patient: PATIENT } } } };
  await city.admin('PUT', '/flows/flw_appointment', { ...flow, tests: [...flow.tests, saved] });
}

async function plantSecrets(): Promise<Readonly<Record<string, string>>> {
  const security = await city.person(['security-admin']);
  const ask = async (method: string, path: string, body: unknown) => {
    const answer = await security.call(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
    return answer.json() as Readonly<Record<string, string>>;
  };
  const stored = 'planted-3f9c1b77-stored';
  await ask('PUT', '/secrets/silent-password', { value: stored, adapters: ['adp_silent'] });
  const { secret = '' } = await ask('POST', '/apps/CITIZENS/keys/secrets', { keyId: 'k9', scheme: 'HMAC-SM3' });
  const { token: busToken = '' } = await ask('POST', '/bus-consumers/tokens', { appId: 'B20001' });
  const { token: cliToken = '' } = await ask('POST', '/me/tokens', { label: 'here' });
  const privateKey = (await readFile(join(platform.dataFolder, 'tls', 'server.key'), 'utf8')).split('\n')[1]!;
  const pem = `-----BEGIN PRIVATE KEY-----\n${privateKey}\n-----END PRIVATE KEY-----`;
  const refused = await security.call('POST', '/apps/CITIZENS/keys', { keyId: 'k10', scheme: 'SM2-SM3', publicPem: pem });
  assert.ok(
    refused.status >= 400 && !refused.text.includes(privateKey),
    'a private key in place of the public one is refused without an echo',
  );
  const { oneTimePassword } = (await city.admin('POST', '/accounts', { name: 'newcomer', displayName: 'N', roles: [] })) as {
    oneTimePassword: string;
  };
  const secrets = {
    stored,
    secret,
    busToken,
    cliToken,
    privateKey,
    oneTimePassword,
    firstToken: city.cliToken,
    exampleToken: city.busToken,
  };
  for (const [name, value] of Object.entries(secrets)) assert.ok(value.length >= 12, name);
  return secrets;
}

/** `<operation>: <value>` for each of the values that occurs in a response: of every reading operation, every export, the events, the document, the figures. */
async function found(person: Person, values: readonly string[]): Promise<readonly string[]> {
  const answers: [string, string][] = [];
  for (const operation of operations.filter(({ method }) => method === 'GET'))
    answers.push([operation.id, (await person.call('GET', addressOf(operation))).text]);
  for (const held of [work.completed, work.held]) answers.push([held, (await person.call('GET', `/executions/${held}`)).text]);
  answers.push(['bundles.export', (await person.call('POST', '/bundles/export', {})).text]);
  answers.push(['events', await eventsOf(person)]);
  for (const path of ['/api/docs/json', '/metrics']) answers.push([path, (await city.send(`${city.control}${path}`)).text]);
  assert.ok(answers.every(([, text]) => text !== ''));
  return answers.flatMap(([id, text]) => values.filter((value) => text.includes(value)).map((value) => `${id}: ${value}`));
}

/** The first of the live stream: all counts and figures come at once. */
async function eventsOf(person: Person): Promise<string> {
  const response = await fetch(`${city.control}/api/v1/events`, { headers: { cookie: person.cookie, 'x-kq-client': 'test' } });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const { value = '' } = await reader.read();
  await reader.cancel();
  return value;
}

async function readOperations(): Promise<readonly Operation[]> {
  interface Described {
    readonly operationId?: string;
    readonly description?: string;
    readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  }
  const document = (await city.send(`${city.control}/api/docs/json`)).json() as { paths: Record<string, Record<string, Described>> };
  const found = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, { operationId, description = '', parameters = [] }]) => ({
      id: operationId ?? path,
      method: method.toUpperCase(),
      path: path.replace('/api/v1', ''),
      right: /right: `([^`]+)`/.exec(description)?.[1] ?? '',
      query: parameters.filter((one) => one.in === 'query' && one.required === true).map(({ name }) => name),
    })),
  );
  // The login comes before all rights; of the events everybody hears what the own rights let pass.
  const isPublic = (operation: Operation) => operation.right === '';
  assert.deepEqual(
    found.filter(isPublic).map(({ path }) => path),
    ['/login', '/events'],
  );
  assert.ok(found.length > 80);
  return found.filter((operation) => !isPublic(operation));
}

function addressOf({ path, query }: Operation): string {
  const given: Readonly<Record<string, string>> = {
    flowId: 'flw_appointment',
    version: '1',
    adapterId: 'adp_silent',
    tableId: 'departments',
    interfaceId: 'ifc_appointment_create',
    appId: 'CITIZENS',
    keyId: 'k9',
    grantId: 'grt_referral',
    executionId: work.completed,
    bulkId: 'blk_0123456789',
    name: 'silent-password',
    id: 'x',
    from: '1',
    to: '0',
  };
  const search = query.map((name) => `${name}=${given[name] ?? 'x'}`).join('&');
  return `${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => given[name] ?? 'x')}${search === '' ? '' : `?${search}`}`;
}
