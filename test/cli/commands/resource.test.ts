/** Documents of an installation in files: what `list`, `get`, `diff`, `apply` and `delete` show and send. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EXIT } from '../../../cli/shared/exit-codes.ts';
import { recordingControl, type Asked } from '../recording-control.ts';
import { inProcess } from '../run-in-process.ts';

const STORED = { adapterId: 'adp_a', revision: 4, name: { 'zh-CN': '甲院', en: 'A' }, protocol: 'http', domain: 'sh', limits: [1, 2] };

test('what is stored already is left alone, the rest is created or changed, each under the stored revision', async (t) => {
  const { run, file, puts } = await installation(t);
  const changed = { ...STORED, adapterId: 'adp_b', revision: 0, protocol: 'soap' };
  const path = file('all.json', [{ ...STORED, revision: 0 }, changed, { adapterId: 'adp_new', protocol: 'http' }]);
  const { code, out } = await run(['adapter', 'apply', path]);
  assert.equal(code, EXIT.ok);
  assert.deepEqual(out.split('\n'), ['adp_a unchanged', 'adp_b changed, revision 5', 'adp_new created, revision 1']);
  assert.deepEqual(puts(), [
    ['PUT /api/v1/adapters/adp_b', { ...changed, revision: 4 }],
    ['PUT /api/v1/adapters/adp_new', { adapterId: 'adp_new', protocol: 'http', revision: 0 }],
  ]);
});

test('one run takes interfaces that ask another one of the files, in any order', async (t) => {
  const unknown = (id: string) => ({
    path: '/policies',
    code: 'INTERFACE_NAMES_UNKNOWN',
    severity: 'error',
    message: 'unknown',
    values: { id },
  });
  const { run, file, puts } = await installation(t, (response, all) => {
    const { line, body } = all;
    if (!line.includes('/validate')) return adapters(response, all);
    json(response, 200, { issues: JSON.stringify(body).includes('ifc_a_record') ? [unknown('ifc_z_family')] : [] });
  });
  const asks = { interfaceId: 'ifc_a_record', policies: { 'object-access': { rules: [{ provider: 'ifc_z_family' }] } } };
  const { code, out } = await run(['interface', 'apply', file('all.json', [asks, { interfaceId: 'ifc_z_family' }])]);
  assert.deepEqual([code, out.split('\n')], [EXIT.ok, ['ifc_z_family created, revision 1', 'ifc_a_record created, revision 1']]);
  assert.equal(puts().length, 2);
  const alone = await run(['interface', 'apply', file('alone.json', asks)]);
  assert.notEqual(alone.code, EXIT.ok);
  assert.match(String(alone.error), /not valid; nothing was saved/);
});

test('what the list computes is no part of an address list in a file', async (t) => {
  const items = [{ listId: 'ipl_a', revision: 2, kind: 'black', mayEdit: true }];
  const { run } = await installation(t, (response) => json(response, 200, { items }));
  assert.deepEqual(JSON.parse((await run(['ip-list', 'get', 'ipl_a'])).out), { listId: 'ipl_a', revision: 2, kind: 'black' });
});

test('a file of an older revision overwrites nothing: control is asked under that revision, and the conflict is reported', async (t) => {
  const { run, file, puts } = await installation(t);
  const { code, err } = await run(['adapter', 'apply', file('old.json', { ...STORED, revision: 3 })]);
  assert.deepEqual([code, puts().map(([, body]) => (body as { revision: number }).revision)], [EXIT.conflict, [3]]);
  assert.match(err, /adp_a of .*old\.json\. Nothing was saved before/);
});

test('cached responses of an interface are purged: all, or by tag and key', async (t) => {
  const { run, asked } = await installation(t);
  const key = 'k'.repeat(43);
  assert.equal((await run(['interface', 'purge-cache', 'ifc_a'])).out, 'ifc_a purged');
  assert.equal((await run(['interface', 'purge-cache', 'ifc_a', '--tag', 'ward-3', '--key', key])).code, EXIT.ok);
  assert.deepEqual(
    asked.filter(({ line }) => line.startsWith('POST')).map(({ line, body }) => [line, body]),
    [
      ['POST /api/v1/interfaces/ifc_a/purge-cache', {}],
      ['POST /api/v1/interfaces/ifc_a/purge-cache', { tag: 'ward-3', key }],
    ],
  );
});

test('one broken file among many changes nothing', async (t) => {
  const { run, file, puts } = await installation(t);
  const good = file('good.json', { adapterId: 'adp_new' });
  const broken = file('broken.json', '{"adapterId": ');
  assert.equal((await run(['adapter', 'apply', good, broken])).code, EXIT.usage);
  const nameless = file('nameless.json', [{ adapterId: 'adp_c' }, { name: 'x' }]);
  const { code, error } = await run(['adapter', 'apply', good, nameless]);
  assert.deepEqual([code, puts()], [EXIT.failed, []]);
  assert.match(String(error), /nameless\.json .*"adapterId"/);
});

test('a difference is shown by its place and both values, and makes the exit code 1', async (t) => {
  const { run, file, puts } = await installation(t);
  const same = await run(['adapter', 'diff', file('same.json', { ...STORED, revision: 0 })]);
  assert.deepEqual([same.code, same.out, same.err], [EXIT.ok, '', 'No difference.']);
  const { domain: _domain, ...wanted } = { ...STORED, protocol: 'soap', limits: [1, 2, 3], owner: 'x' };
  const other = await run(['adapter', 'diff', file('other.json', [wanted, { adapterId: 'adp_new' }])]);
  assert.equal(other.code, EXIT.failed);
  assert.deepEqual(other.out.split('\n'), [
    'adp_a',
    '  ~ /protocol: "http" -> "soap"',
    '  - /domain: "sh"',
    '  + /limits/2: 3',
    '  + /owner: "x"',
    'adp_new is not stored',
  ]);
  assert.deepEqual(puts(), []);
});

test('a list shows ids and names in columns, or the documents as JSON', async (t) => {
  const { run } = await installation(t);
  const { out } = await run(['adapter', 'list']);
  assert.deepEqual(
    out.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['ADAPTER', 'NAME', 'PROTOCOL', 'DOMAIN'],
      ['adp_a', '甲院', 'http', 'sh'],
      ['adp_b', '甲院', 'http', 'sh'],
    ],
  );
  assert.deepEqual((JSON.parse((await run(['adapter', 'list', '--json'])).out) as unknown[])[0], STORED);
});

test('what is got can be applied as it is; an id is one part of the path, whatever it holds', async (t) => {
  const { run, file, asked, puts } = await installation(t);
  const { out } = await run(['adapter', 'get', 'adp_a']);
  assert.match((await run(['adapter', 'apply', file('got.json', out)])).out, /adp_a unchanged/);
  await run(['adapter', 'delete', 'adp/../x y']);
  assert.deepEqual([asked.at(-1)!.line, puts()], ['DELETE /api/v1/adapters/adp%2F..%2Fx%20y', []]);
  const missing = await run(['adapter', 'get', 'adp_none']);
  assert.deepEqual([missing.code, missing.out], [EXIT.failed, '']);
});

test('a grant, which has no address of its own, is found in the list', async (t) => {
  const grant = { grantId: 'grt_1', revision: 2, appId: 'A1' };
  const { run, file } = await installation(t, (response) => json(response, 200, { items: [grant] }));
  assert.deepEqual(JSON.parse((await run(['grant', 'get', 'grt_1'])).out), grant);
  const missing = await run(['grant', 'get', 'grt_2']);
  assert.match(String(missing.error), /There is no grant grt_2/);
  assert.equal((await run(['grant', 'diff', file('grant.json', grant)])).code, EXIT.ok);
});

test('a warning about an interface does not stop it, and who may not check it learns just that', async (t) => {
  const issue = { path: '/path', code: 'X', severity: 'warning', message: 'careful' };
  const warned = await installation(t, (response, { line }) =>
    line.includes('/validate')
      ? json(response, 200, { issues: [issue] })
      : line.startsWith('GET')
        ? json(response, 404, {})
        : json(response, 200, { revision: 1 }),
  );
  assert.match((await warned.run(['interface', 'apply', warned.file('i.json', { interfaceId: 'ifc_a' })])).out, /ifc_a created/);
  const denied = await installation(t, (response, { line }) =>
    json(response, line.startsWith('GET') ? 404 : 403, { code: 'PERMISSION_DENIED' }),
  );
  const ended = await denied.run(['interface', 'apply', denied.file('i.json', { interfaceId: 'ifc_a' })]);
  assert.deepEqual([ended.code, denied.puts()], [EXIT.notAllowed, []]);
});

type Answer = (response: ServerResponse, asked: Asked) => void;

/** Control with two adapters. */
async function installation(t: TestContext, answer: Answer = adapters) {
  const { address, asked } = await recordingControl(t, answer);
  const { run, folder } = inProcess(t, address);
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const puts = () => asked.filter(({ line }) => line.startsWith('PUT')).map(({ line, body }) => [line, body]);
  return { run, file, asked, puts };
}

function adapters(response: ServerResponse, { line, body }: Asked): void {
  const stored = [STORED, { ...STORED, adapterId: 'adp_b' }];
  const [method = '', path = ''] = line.split(' ');
  if (path === '/api/v1/adapters') return json(response, 200, { items: stored });
  const found = stored.find(({ adapterId }) => path === `/api/v1/adapters/${adapterId}`);
  if (method === 'GET') return json(response, found === undefined ? 404 : 200, found ?? { code: 'NOT_FOUND' });
  const { revision = 0 } = (body ?? {}) as { readonly revision?: number };
  if (method === 'PUT' && revision !== (found?.revision ?? 0)) return json(response, 409, { code: 'STALE_REVISION' });
  json(response, 200, { revision: revision + 1 });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
