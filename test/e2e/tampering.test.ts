/**
 * What somebody does who can write to the files of a stopped store, and has not the key-encryption key: each is named at the next start and by
 * `verify`, and nothing of it is used.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { verifyOffline } from '../../cli/offline/verify-offline.ts';
import { copyHome, openGuarded, type GuardedSystem } from '../support/guarded-system.ts';
import { editStore, type StoreEdit } from '../support/edit-store.ts';

const PASSWORD = 'Kang-Qiao-2026-first!';
const name = { 'zh-CN': '名称', en: 'Name' };
const app = { appId: 'APP', revision: 0, name, caller: 'city', state: 'active', windowSec: 300, domain: 'sh-city' };
const adapter = {
  ...{ adapterId: 'adp_his', revision: 0, name, protocol: 'http', owner: 'o', domain: 'd' },
  environments: { TEST: { baseUrl: 'http://his.example' } },
};
const offer = (interfaceId: string, path: string) => ({
  ...{ interfaceId, revision: 0, name, domain: 'sh-city', front: 'open', method: 'GET', path, state: 'online', log: 'in' },
  ...{ timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0, target: { kind: 'flow', flowId: 'flw_a' } },
});
const grant = (grantId: string, interfaceId: string) => ({ grantId, revision: 0, appId: 'APP', interfaceId });

const root = await mkdtemp(join(tmpdir(), 'kq-tampering-'));
const home = join(root, 'home');
after(() => rm(root, { recursive: true }));
/** The values of an attacker who inserts a session. */
const OWN_COOKIE = `kqs_${'A'.repeat(43)}`;
const OWN_SESSION = createHash('sm3').update(OWN_COOKIE).digest('hex');
/** Collection, the row that is overwritten, and the row whose document it gets. */
const ROWS_OF_OTHERS = [
  ['adapters', 'adp_his', 'adp_lis'],
  ['secrets', 'his', 'lis'],
  ['grants', 'grt_a', 'grt_b'],
  ['interfaces', 'ifc_a', 'ifc_b'],
  ['app_keys', 'APP|k1', 'APP|k2'],
] as const;
/** Secret of a session of `li` that is still valid, and of one that was ended. */
const live = { cookie: '' };
let older: Record<string, Record<string, unknown>>;

const read = (store: StoreEdit, collection: string) =>
  Object.fromEntries(store.all(collection).map((document) => [String(document['_id']), document]));

before(async () => {
  let system = await openGuarded(home);
  const run = (action: string, input: unknown) => system.control.run(action, input);
  for (const [account, roles] of [
    ['wang', ['viewer']],
    ['li', ['viewer']],
    ['zhao', ['security-admin']],
  ] as const)
    await run('accounts.create', { name: account, displayName: account, roles });
  for (const account of ['li', 'zhao']) {
    const { oneTimePassword } = (await run('accounts.reset-password', { name: account })) as { oneTimePassword: string };
    const client = system.client();
    await client.login(account, oneTimePassword);
    assert.equal((await client.call('POST', '/me/password', { oldPassword: oneTimePassword, newPassword: PASSWORD })).status, 200);
    if (account === 'li') live.cookie = client.cookie!;
  }
  await run('apps.save', { appId: 'APP', document: app });
  for (const keyId of ['k1', 'k2', 'k3']) {
    await run('keys.create-secret', { appId: 'APP', keyId, scheme: 'HMAC-SM3' });
    if (keyId === 'k1') await run('keys.retire', { appId: 'APP', keyId });
  }
  for (const [id, path] of [
    ['ifc_a', '/open/v1/a'],
    ['ifc_b', '/open/v1/b'],
  ] as const)
    await run('interfaces.save', { interfaceId: id, document: offer(id, path) });
  await run('grants.save', { grantId: 'grt_a', document: grant('grt_a', 'ifc_a') });
  await run('grants.save', { grantId: 'grt_b', document: grant('grt_b', 'ifc_b') });
  await run('bus-consumers.create-token', { appId: 'APP' });
  for (const adapterId of ['adp_his', 'adp_lis']) await run('adapters.save', { adapterId, document: { ...adapter, adapterId } });
  for (const secret of ['his', 'lis']) await run('secrets.save', { name: secret, value: 'planted', adapters: ['adp_his'] });
  await system.stop();
  await copyHome(home, join(root, 'older'));
  older = editStore(join(home, 'store'), (store) => ({
    ...read(store, 'accounts'),
    ...read(store, 'app_keys'),
    ...read(store, 'sessions'),
  }));

  system = await openGuarded(home);
  assert.deepEqual([system.guard.trailProblem(), system.guard.findings()], [undefined, []], 'what nobody touched is as it was');
  const { items } = (await run('accounts.list', {})) as { items: { name: string; revision: number }[] };
  const { revision } = items.find((account) => account.name === 'wang')!;
  await run('accounts.update', { name: 'wang', displayName: 'wang', roles: [], disabled: true, revision });
  await run('keys.revoke', { appId: 'APP', keyId: 'k3' });
  const client = system.client();
  await client.login('li', PASSWORD);
  await client.call('POST', '/logout');
  await system.stop();
});

async function tampered(kind: string, edit: (store: StoreEdit) => void): Promise<GuardedSystem> {
  const own = join(root, kind.replaceAll(/\W+/g, '-'));
  await copyHome(home, own);
  editStore(join(own, 'store'), edit);
  return openGuarded(own);
}

const list = async ({ control }: GuardedSystem, action: string) =>
  ((await control.run(action, action === 'keys.list' ? { appId: 'APP' } : {})) as { items: Record<string, unknown>[] }).items;
const ids = (items: readonly Record<string, unknown>[], field: string) => items.map((item) => item[field]);

/** Document that is edited, what is found, and how its absence shows. */
interface Tampering {
  readonly kind: string;
  edit(store: StoreEdit): void;
  readonly found: readonly string[];
  isUnused(system: GuardedSystem): Promise<void>;
}

const inDocument = (change: Record<string, unknown>) => (stored: Record<string, unknown>) => ({
  ...stored,
  document: { ...(stored['document'] as object), ...change },
});
const gone = (action: string, field: string, id: string) => async (system: GuardedSystem) =>
  assert.ok(!ids(await list(system, action), field).includes(id), `${id} is not used`);

const TAMPERINGS: readonly Tampering[] = [
  {
    kind: 'an edited role',
    edit: (store) => store.change('accounts', 'li', (stored) => ({ ...stored, roles: ['system-admin', 'security-admin', 'audit-admin'] })),
    found: ['accounts/li changed'],
    async isUnused(system) {
      const client = system.client();
      client.cookie = live.cookie;
      assert.equal((await client.call('GET', '/me')).status, 401);
      assert.equal((await client.login('li', PASSWORD)).status, 401);
    },
  },
  {
    kind: 'a password hash of another account',
    edit: (store) => store.change('accounts', 'zhao', (stored) => ({ ...stored, password: store.get('accounts', 'li')['password'] })),
    found: ['accounts/zhao changed'],
    isUnused: async (system) => assert.equal((await system.client().login('zhao', PASSWORD)).status, 401),
  },
  {
    kind: 'an inserted account',
    edit: (store) => store.insert('accounts', 'eve', { ...store.get('accounts', 'li'), _id: 'eve', roles: ['system-admin'] }),
    found: ['accounts/eve changed'],
    isUnused: async (system) => assert.equal((await system.client().login('eve', PASSWORD)).status, 401),
  },
  {
    kind: 'an inserted account without a mark',
    edit(store) {
      const { _mark, ...account } = store.get('accounts', 'li');
      store.insert('accounts', 'eve', { ...account, _id: 'eve' });
    },
    found: ['accounts/eve unmarked'],
    isUnused: gone('accounts.list', 'name', 'eve'),
  },
  {
    kind: 'an account rolled back to when it was enabled',
    edit: (store) => store.change('accounts', 'wang', () => older['wang']!),
    found: ['accounts/wang old'],
    isUnused: gone('accounts.list', 'name', 'wang'),
  },
  {
    kind: 'a revoked key rolled back',
    edit: (store) => store.change('app_keys', 'APP|k3', () => older['APP|k3']!),
    found: ['app_keys/APP|k3 old'],
    isUnused: gone('keys.list', 'keyId', 'k3'),
  },
  {
    kind: 'a caller key put in place of another',
    edit: (store) => store.change('app_keys', 'APP|k2', inDocument({ sealedSecret: 'AAAA', fingerprint: 'mine' })),
    found: ['app_keys/APP|k2 changed'],
    isUnused: gone('keys.list', 'keyId', 'k2'),
  },
  {
    kind: 'a removed grant',
    edit: (store) => store.remove('grants', "id = 'grt_a'"),
    found: ['grants/grt_a removed'],
    isUnused: gone('grants.list', 'grantId', 'grt_a'),
  },
  {
    kind: 'a grant for another app',
    edit: (store) => store.change('grants', 'grt_a', inDocument({ appId: 'OTHER' })),
    found: ['grants/grt_a changed'],
    isUnused: gone('grants.list', 'grantId', 'grt_a'),
  },
  {
    kind: 'swapped rows',
    edit(store) {
      const [a, b] = [store.get('grants', 'grt_a'), store.get('grants', 'grt_b')];
      store.change('grants', 'grt_a', () => ({ ...b, _id: 'grt_a' }));
      store.change('grants', 'grt_b', () => ({ ...a, _id: 'grt_b' }));
    },
    found: ['grants/grt_a changed', 'grants/grt_b changed'],
    isUnused: async (system) => assert.deepEqual(await list(system, 'grants.list'), []),
  },
  {
    kind: 'an account in the row of another',
    edit: (store) => store.change('accounts', 'zhao', () => store.get('accounts', 'li')),
    found: ['accounts/zhao changed'],
    async isUnused(system) {
      for (const account of ['zhao', 'li'])
        assert.equal((await system.client().login(account, PASSWORD)).status, account === 'li' ? 200 : 401, account);
    },
  },
  {
    kind: 'the row of a live session copied to the id of a cookie of one’s own',
    edit: (store) =>
      store.insert(
        'sessions',
        OWN_SESSION,
        store.all('sessions').find(({ account }) => account === 'li')!,
      ),
    found: [`sessions/${OWN_SESSION} changed`],
    async isUnused(system) {
      const client = system.client();
      client.cookie = live.cookie.replace(/=[^;]*/, `=${OWN_COOKIE}`);
      assert.equal((await client.call('GET', '/me')).status, 401);
    },
  },
  {
    kind: 'an inserted silence of alarms',
    edit: (store) => store.insert('alarm_silences', 'sil_eve', { _id: 'sil_eve', until: 4102444800000, by: 'admin', at: 1 }),
    found: ['alarm_silences/sil_eve unmarked'],
    async isUnused({ storage }) {
      const spec = storage.gate.collections.all().find(({ name: own }) => own === 'alarm_silences')!;
      assert.deepEqual(await (await storage.documents.open(spec)).find({}, { limit: 9 }), []);
    },
  },
  ...ROWS_OF_OTHERS.map(([collection, id, from]): Tampering => ({
    kind: `another row’s document in a row of ${collection}`,
    edit: (store) => store.change(collection, id, () => store.get(collection, from)),
    found: [`${collection}/${id} changed`],
    async isUnused({ storage }) {
      const spec = storage.gate.collections.all().find(({ name: own }) => own === collection)!;
      const documents = await storage.documents.open(spec);
      assert.equal(await documents.get(id), undefined);
      assert.ok(!(await documents.find({}, { limit: 100 })).some(({ _id }) => _id === id));
      assert.deepEqual((await documents.find({}, { limit: 100 })).filter(({ _id }) => _id === from).length, 1, 'and is listed once');
      assert.equal((await documents.patchIf(id, {}, { set: { revision: 9 } })).outcome, 'no-match');
    },
  })),
  {
    kind: 'an interface that leads elsewhere',
    edit: (store) => store.change('interfaces', 'ifc_a', inDocument({ target: { kind: 'flow', flowId: 'flw_eve' } })),
    found: ['interfaces/ifc_a changed'],
    isUnused: gone('interfaces.list', 'interfaceId', 'ifc_a'),
  },
  {
    kind: 'an adapter that leads elsewhere',
    edit: (store) =>
      store.change('adapters', 'adp_his', (stored) => ({
        ...stored,
        body: String(stored['body']).replace('his.example', 'eve.example'),
      })),
    found: ['adapters/adp_his changed'],
    isUnused: gone('adapters.list', 'adapterId', 'adp_his'),
  },
  {
    kind: 'a secret bound to another adapter',
    edit: (store) => store.change('secrets', 'his', (stored) => ({ ...stored, adapters: ['adp_eve'] })),
    found: ['secrets/his changed'],
    isUnused: gone('secrets.list', 'name', 'his'),
  },
  {
    kind: 'an inserted session',
    edit(store) {
      const session = store.all('sessions').find(({ account }) => account === 'li')!;
      store.insert('sessions', 'f'.repeat(64), { ...session, _id: 'f'.repeat(64), account: 'zhao' });
    },
    found: [`sessions/${'f'.repeat(64)} changed`],
    isUnused: async ({ storage }) => {
      const sessions = await storage.documents.open<{ _id: string }>({
        ...{ name: 'sessions', schema: {}, expiresAt: 'expiresAt' },
        indexes: [{ name: 'by_account', fields: ['account'] }],
      });
      assert.equal(await sessions.get('f'.repeat(64)), undefined);
    },
  },
  {
    kind: 'a bus consumer of another app',
    edit(store) {
      const [consumer] = store.all('bus_consumers');
      const value = { ...((consumer!['document'] as Record<string, object>)['value'] as object), appId: 'OTHER' };
      store.change('bus_consumers', String(consumer!['_id']), inDocument({ value }));
    },
    found: ['bus_consumers/* changed'],
    isUnused: async (system) => assert.deepEqual(await list(system, 'bus-consumers.list'), []),
  },
  {
    kind: 'an app without its state',
    edit: (store) => store.change('apps', 'APP', inDocument({ windowSec: 86_400 })),
    found: ['apps/APP changed'],
    isUnused: gone('apps.list', 'appId', 'APP'),
  },
  {
    kind: 'the store’s own word about its marks removed',
    edit(store) {
      store.remove('integrity');
      store.change('accounts', 'li', (stored) => ({ ...stored, roles: ['system-admin'] }));
    },
    found: ['accounts/li changed', 'integrity/store removed'],
    isUnused: gone('accounts.list', 'name', 'li'),
  },
];

for (const { kind, edit, found, isUnused } of TAMPERINGS)
  test(`${kind}: is named at start and by verify, and is not used`, async () => {
    const system = await tampered(kind, edit);
    try {
      assert.equal(system.guard.trailProblem(), undefined);
      const named = () => system.guard.findings().map((one) => `${one.collection}/${one.id} ${one.why}`);
      const wanted = (names: readonly string[]) => names.map((one) => one.replace(/bus_consumers\/\S+/, 'bus_consumers/*')).sort();
      assert.deepEqual(wanted(named()), [...found].sort());
      for (const text of found) assert.match(system.log(), new RegExp(`"collection":"${text.split('/')[0]}".*INTEGRITY_BROKEN`));
      await isUnused(system);
      const report = await system.guard.verify();
      assert.equal(report.chain.intact, true);
      assert.deepEqual(wanted(report.findings.map((one) => `${one.collection}/${one.id} ${one.why}`)), [...found].sort());
      assert.match(JSON.stringify(await list(system, 'apps.list')), /APP|^\[\]$/, 'the rest goes on');
    } finally {
      await system.stop();
    }
  });

const TRAILS: readonly { readonly kind: string; edit(store: StoreEdit): void }[] = [
  {
    kind: 'the tail of the audit trail cut off',
    edit: (store) => store.remove('audit', 'id IN (SELECT id FROM audit ORDER BY id DESC LIMIT 2)'),
  },
  { kind: 'the audit trail emptied', edit: (store) => store.remove('audit') },
];

const forgedRole = (store: StoreEdit) =>
  store.change('accounts', 'li', (stored) => ({ ...stored, roles: ['security-admin', 'system-admin'] }));
const WORDS_REMOVED: readonly { readonly kind: string; readonly tables: readonly string[]; isHeadGone?: true; isBare?: true }[] = [
  { kind: 'marks removed', tables: ['integrity'] },
  { kind: 'marks and trail removed', tables: ['integrity', 'audit'] },
  { kind: 'marks, trail and level removed', tables: ['integrity', 'audit', 'store_level'] },
  { kind: 'all of it and the head removed', tables: ['integrity', 'audit', 'store_level'], isHeadGone: true },
  { kind: 'all of it and each mark removed', tables: ['integrity', 'audit', 'store_level'], isBare: true },
];

for (const { kind, tables, isHeadGone, isBare } of WORDS_REMOVED)
  test(`${kind}: looks change nothing, and a forged role is not adopted at any start`, async () => {
    const own = join(root, kind.replaceAll(/\W+/g, '-'));
    await copyHome(home, own);
    if (isHeadGone) await rm(join(own, 'audit-head'));
    editStore(join(own, 'store'), (store) => {
      for (const table of tables) store.remove(table);
      forgedRole(store);
      if (isBare) for (const { _id } of store.all('accounts')) store.change('accounts', String(_id), ({ _mark, ...account }) => account);
    });
    const settings = { storeAddress: `embedded:${join(own, 'store')}` };
    Object.assign(process.env, { KQ_KEK_FILE: join(own, 'kek'), KQ_AUDIT_HEAD_FILE: join(own, 'audit-head') });
    const why = isHeadGone || tables.length === 1 ? undefined : 'older';
    const rows = () => editStore(join(own, 'store'), (store) => tables.map((table) => store.all(table).length));
    const before = rows();
    for (let look = 0; look < 2; look++) {
      const { marks } = await verifyOffline(settings, AbortSignal.timeout(60_000));
      assert.ok(
        marks?.findings.some((one) => one.id === 'li' && one.why === (isBare ? 'unmarked' : 'changed')),
        `look ${look}`,
      );
      assert.equal(marks?.trail?.why, why);
      assert.deepEqual(rows(), before, 'nothing was written');
    }
    for (let start = 0; start < 2; start++) {
      const system = await openGuarded(own);
      assert.equal(system.guard.isEnforced, true);
      assert.equal(system.guard.trailProblem()?.why, why, `start ${start}`);
      assert.equal(system.control.firstAdministrator, undefined);
      assert.equal((await system.client().login('li', PASSWORD)).status, 401);
      await system.stop();
    }
  });

for (const { kind, edit } of TRAILS)
  test(`${kind}: the store is read only until the security administrator accepts it`, async () =>
    readOnlyUntilAccepted(await tampered(kind, edit)));

test('an older copy of the whole store with a planted row of a high number: it is read only all the same', async () => {
  const own = join(root, 'planted');
  await copyHome(join(root, 'older'), own);
  await copyFile(join(home, 'audit-head'), join(own, 'audit-head'));
  const lines = editStore(join(home, 'store'), (store) => store.all('audit'));
  editStore(join(own, 'store'), (store) => {
    const last = lines.at(-1)!;
    store.insert('audit', String(last['_id']), last);
    store.database.prepare('UPDATE audit SET c0 = ?, c1 = ? WHERE id = ?').run('main', Number(last['number']), String(last['_id']));
  });
  await readOnlyUntilAccepted(await openGuarded(own));
});

test('an older copy of the whole store: it is read only until the security administrator accepts it', async () => {
  const own = join(root, 'older-copy');
  await copyHome(join(root, 'older'), own);
  await copyFile(join(home, 'audit-head'), join(own, 'audit-head'));
  await readOnlyUntilAccepted(await openGuarded(own));
});

async function readOnlyUntilAccepted(system: GuardedSystem): Promise<void> {
  try {
    const { guard, control } = system;
    assert.equal(guard.trailProblem()?.why, 'older');
    assert.match(system.log(), /AUDIT_TRAIL_REFUSED/);
    let isReleased = false;
    const released = guard.released(AbortSignal.timeout(60_000)).then(() => (isReleased = true));
    const refused = { code: 'AUDIT_TRAIL_REFUSED' };
    await assert.rejects(control.run('apps.save', { appId: 'APP', document: { ...app, revision: 1 } }), refused);
    await assert.rejects(control.run('accounts.create', { name: 'eve', displayName: 'eve', roles: ['viewer'] }), refused);
    assert.equal(control.firstAdministrator, undefined);
    const zhao = system.client();
    assert.equal((await zhao.login('zhao', PASSWORD)).status, 200);
    assert.equal((await zhao.call('GET', '/integrity')).body.trail.why, 'older');
    await nextTurn();
    assert.equal(isReleased, false, 'nothing is worked on meanwhile');
    const li = system.client();
    await li.login('li', PASSWORD);
    assert.equal((await li.call('POST', '/integrity/accept-trail', { reason: '我来接受' })).status, 403);
    assert.equal((await zhao.call('POST', '/integrity/accept-trail', { reason: '已核对备份' })).status, 200);
    await released;
    await control.run('apps.save', { appId: 'APP', document: { ...app, revision: 1 } });
    const lines = await system.storage.gate.documents.open<{ _id: string; action?: string }>({
      ...{ name: 'audit', schema: {} },
      indexes: [
        { name: 'chain', fields: ['chain', 'number'], unique: true },
        { name: 'by_actor', fields: ['actor', 'at'] },
        { name: 'by_action', fields: ['action', 'at'] },
      ],
    });
    assert.equal((await lines.find({ action: 'integrity.accept-trail', actor: 'zhao' }, { limit: 10 })).length, 2, 'it is audited');
  } finally {
    await system.stop();
  }
}

test('a line in the middle of the trail that was changed is named by verify', async () => {
  const system = await tampered('a changed line', (store) =>
    store.change('audit', 'main-000000000005', (line) => ({ ...line, actor: 'somebody' })),
  );
  try {
    const { chain } = await system.guard.verify();
    assert.deepEqual(chain.intact ? undefined : [chain.brokenAt, chain.why], [5, 'changed']);
  } finally {
    await system.stop();
  }
});

test('a head that was edited is not believed', async () => {
  const own = join(root, 'edited-head');
  await copyHome(home, own);
  const file = join(own, 'audit-head');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/"number": \d+/, '"number": 1'));
  const system = await openGuarded(own);
  assert.equal(system.guard.trailProblem()?.why, 'unreadable');
  await system.stop();
});

test('the security administrator keeps or removes what was changed, and it stays decided', async () => {
  const kind = 'a decision';
  const system = await tampered(kind, (store) => {
    store.change('accounts', 'li', (stored) => ({ ...stored, displayName: '李医生' }));
    store.change('grants', 'grt_a', inDocument({ appId: 'OTHER' }));
  });
  const zhao = system.client();
  await zhao.login('zhao', PASSWORD);
  const decide = (collection: string, id: string, decision: string) =>
    zhao.call('POST', '/integrity/decide', { collection, id, decision, reason: '已核对' });
  assert.equal((await decide('accounts', 'wang', 'keep')).body.code, 'INTEGRITY_NOTHING_FOUND', 'only what was found');
  assert.equal((await decide('accounts', 'li', 'keep')).status, 200);
  assert.equal((await decide('grants', 'grt_a', 'remove')).status, 200);
  assert.deepEqual((await system.guard.verify()).findings, []);
  await system.stop();
  const again = await openGuarded(join(root, kind.replaceAll(/\W+/g, '-')));
  assert.deepEqual([again.guard.findings(), again.guard.trailProblem()], [[], undefined]);
  assert.ok(ids(await list(again, 'accounts.list'), 'displayName').includes('李医生'));
  await again.stop();
});
