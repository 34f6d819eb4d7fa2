import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { manifestOf, newPublisher, nodeOf, packageOf, type Publisher } from '../support/make-extension.ts';
import { startWithEngine, type RunningEngine } from './start-engine.ts';
import { flow, type Client } from './start-control.ts';

interface Uploaded {
  readonly id: string;
  readonly digest: string;
}

const crypto = createSoftwareCrypto();
const opened: RunningEngine[] = [];
afterEach(async () => {
  for (const running of opened.splice(0)) await running.stop();
});

async function start() {
  const running = await startWithEngine();
  opened.push(running);
  const security = await running.person('security', ['security-admin']);
  const publisher = await newPublisher(crypto, 'ED25519');
  const send = async (manifest: object, code?: string) =>
    running.admin.call('POST', '/extensions', { content: (await packageOf(crypto, publisher, manifest, code)).toString('base64') });
  const upload = async (manifest: object = manifestOf()): Promise<Uploaded> => (await send(manifest)).body as Uploaded;
  return { running, admin: running.admin, security, publisher, send, upload };
}

function register(security: Client, { scheme, publicPem }: Publisher) {
  return security.call('POST', '/publishers', { publisher: 'acme', scheme, publicPem });
}

async function install(admin: Client, security: Client, uploaded: Uploaded): Promise<void> {
  const answer = await security.call('POST', `/extensions/${uploaded.id}/install`, {
    digest: uploaded.digest,
    reason: 'checked with the publisher',
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

async function versionOf(client: Client, id: string) {
  const { items } = (await client.call('GET', '/extensions')).body as { items: unknown };
  return (items as { id: string; revision: number; state: string; usedBy: unknown[]; content?: { nodes: { type: string }[] } }[]).find(
    (item) => item.id === id,
  );
}

const node = (id: string, type: string) => ({ id, type, label: id, config: {} });
const using = (type = 'x-test.echo@1') =>
  flow('flw_uses', {
    name: { 'zh-CN': '用扩展', en: 'Uses it' },
    nodes: [node('n_in', 'interface.call@1'), node('n_x', type), node('n_out', 'control.reply@1')],
    edges: [
      { id: 'e_1', from: { node: 'n_in', port: 'out' }, to: { node: 'n_x', port: 'in' } },
      { id: 'e_2', from: { node: 'n_x', port: 'ok' }, to: { node: 'n_out', port: 'in' } },
    ],
  });

test('an extension serves its nodes after a second person confirmed it', async () => {
  const { running, admin, security, publisher, upload } = await start();
  assert.equal((await register(security, publisher)).status, 200);
  const uploaded = await upload();
  assert.equal((await versionOf(security, 'x-test@1.0.0'))?.state, 'waiting');
  assert.ok(!(await nodeTypes(admin)).includes('x-test.echo@1'), 'not before it is confirmed');
  await install(admin, security, uploaded);
  assert.equal((await versionOf(admin, 'x-test@1.0.0'))?.state, 'enabled');
  assert.ok((await nodeTypes(admin)).includes('x-test.echo@1'));
  await running.publish(using());
  assert.equal((await versionOf(admin, 'x-test@1.0.0'))?.usedBy.length, 1);
});

test('one person alone installs nothing', async () => {
  const { admin, security, publisher, upload } = await start();
  await register(security, publisher);
  const body = await upload();
  const input = { digest: body.digest, reason: 'my own' };
  assert.equal((await admin.call('POST', `/extensions/${body.id}/install`, input)).body.code, 'PERMISSION_DENIED');
  const bytes = await packageOf(crypto, publisher);
  assert.equal((await security.call('POST', '/extensions', { content: bytes.toString('base64') })).body.code, 'PERMISSION_DENIED');
  assert.equal(
    (await admin.call('POST', '/publishers', { publisher: 'acme', scheme: 'ED25519', publicPem: publisher.publicPem })).status,
    403,
  );
  assert.equal(
    (await security.call('POST', `/extensions/${body.id}/install`, { digest: '0'.repeat(64), reason: 'another one' })).body.code,
    'STALE_REVISION',
  );
  assert.equal((await versionOf(admin, 'x-test@1.0.0'))?.state, 'waiting');
});

test('a package is refused unless a registered key signed it', async () => {
  const { security, publisher, send, admin } = await start();
  assert.equal((await send(manifestOf())).body.values.problem, 'publisher');
  await register(security, publisher);
  const bytes = await packageOf(crypto, await newPublisher(crypto));
  const refused = await admin.call('POST', '/extensions', { content: bytes.toString('base64') });
  assert.equal(refused.status, 422);
  assert.equal(refused.body.values.problem, 'publisher');
  assert.deepEqual((await admin.call('GET', '/extensions')).body.items, []);
});

test('a key that signed an enabled extension cannot be withdrawn; without the key nothing of it is served', async () => {
  const { admin, security, publisher, upload } = await start();
  await register(security, publisher);
  const body = await upload();
  await install(admin, security, body);
  const [key] = (await security.call('GET', '/publishers')).body.items as [{ keyId: string }];
  const path = `/publishers/${encodeURIComponent(key.keyId)}`;
  assert.equal((await security.call('DELETE', path)).body.code, 'PUBLISHER_KEY_IN_USE');
  const { revision } = (await versionOf(admin, body.id))!;
  assert.equal((await admin.call('POST', `/extensions/${body.id}/disable`, { revision, reason: 'the key leaked' })).status, 200);
  assert.equal((await security.call('DELETE', path)).status, 200);
  assert.equal((await versionOf(admin, body.id))?.content, undefined);
  assert.ok(!(await nodeTypes(admin)).includes('x-test.echo@1'));
});

test('removal and a changing upgrade are refused while flows use it, a fix is not', async () => {
  const { running, admin, security, publisher, upload } = await start();
  await register(security, publisher);
  const first = await upload();
  await install(admin, security, first);
  await running.publish(using());
  const removal = await admin.call('DELETE', `/extensions/${first.id}`);
  assert.equal(removal.status, 409);
  assert.equal(removal.body.code, 'EXTENSION_IN_USE');
  assert.match(removal.body.message, /Uses it/);

  const changing = await upload(manifestOf({ version: '1.1.0', nodes: [nodeOf('echo', { effect: 'read' })] }));
  await install(admin, security, changing);
  assert.equal((await versionOf(admin, changing.id))?.state, 'disabled', 'an upgrade waits until somebody enables it');
  const refused = await enable(admin, changing.id);
  assert.deepEqual([refused.body.code, refused.body.values.problem], ['EXTENSION_IN_USE', 'upgrade']);

  const fix = await upload(manifestOf({ version: '1.0.1' }));
  await install(admin, security, fix);
  assert.equal((await enable(admin, fix.id)).status, 200);
  assert.equal((await versionOf(admin, first.id))?.state, 'disabled');
  assert.equal((await admin.call('DELETE', `/extensions/${first.id}`)).status, 200, 'the other version serves its nodes');

  const major = await upload(manifestOf({ version: '2.0.0' }));
  await install(admin, security, major);
  const types = await nodeTypes(admin);
  assert.ok(types.includes('x-test.echo@1') && types.includes('x-test.echo@2'), 'side by side');
});

test('an upgrade is compared with the version that flows used last, even if that is disabled', async () => {
  const { running, admin, security, publisher, upload } = await start();
  const text = { label: { 'zh-CN': '文', en: 'Text' } };
  const nodesWith = (type: string, effect: string) => [
    nodeOf('echo', { effect, config: { type: 'object', properties: { text: { type, text } }, additionalProperties: false } }),
  ];
  await register(security, publisher);
  const first = await upload(manifestOf({ nodes: nodesWith('string', 'read') }));
  await install(admin, security, first);
  await running.publish(using());
  const writing = await upload(manifestOf({ version: '1.1.0', nodes: nodesWith('string', 'write') }));
  const retyped = await upload(manifestOf({ version: '1.2.0', nodes: nodesWith('integer', 'read') }));
  const same = await upload(manifestOf({ version: '1.0.1', nodes: nodesWith('string', 'read') }));
  for (const one of [writing, same]) await install(admin, security, one);
  const { revision } = (await versionOf(admin, first.id))!;
  assert.equal((await admin.call('POST', `/extensions/${first.id}/disable`, { revision, reason: 'maintenance' })).status, 200);
  await install(admin, security, retyped);
  assert.equal((await versionOf(admin, retyped.id))?.state, 'disabled', 'it waits here too');
  for (const one of [writing, retyped]) assert.equal((await enable(admin, one.id)).body.values?.problem, 'upgrade', one.id);
  assert.equal((await enable(admin, first.id)).status, 200);
  assert.equal((await enable(admin, same.id)).status, 200);
  for (const one of [writing, retyped]) assert.equal((await enable(admin, one.id)).body.values?.problem, 'upgrade', one.id);
});

test('a flow with a node of a disabled or missing extension says so', async () => {
  const { admin, security, publisher, upload } = await start();
  const problems = async () =>
    (
      (await admin.call('POST', '/flows/validate', using())).body.issues as {
        code: string;
        severity: string;
        message: string;
        text?: { en: string };
      }[]
    )
      .filter(({ severity }) => severity === 'error')
      .map(({ message, text }) => text?.en ?? message);
  assert.match((await problems())[0]!, /of the extension x-test, which is not installed/);
  await register(security, publisher);
  const body = await upload();
  await install(admin, security, body);
  assert.deepEqual(await problems(), []);
  const { revision } = (await versionOf(admin, body.id))!;
  await admin.call('POST', `/extensions/${body.id}/disable`, { revision, reason: 'maintenance' });
  assert.match((await problems())[0]!, /x-test is disabled/);
});

async function enable(admin: Client, id: string) {
  return admin.call('POST', `/extensions/${id}/enable`, { revision: (await versionOf(admin, id))!.revision });
}

async function nodeTypes(client: Client): Promise<readonly string[]> {
  return ((await client.call('GET', '/node-types')).body.items as { name: string }[]).map(({ name }) => name);
}

test('the person who uploaded a package cannot confirm it, even with both rights', async () => {
  const { running, security, publisher } = await start();
  await register(security, publisher);
  const content = (await packageOf(crypto, publisher)).toString('base64');
  const { id, digest } = (await running.control.run('extensions.upload', { content })) as Uploaded;
  await assert.rejects(running.control.run('extensions.install', { id, digest, reason: 'the same process' }), { code: 'EXTENSION_OWN' });
});

test('a large flow, which a thread examines, may use the nodes of extensions too', async () => {
  const { running, admin, security, publisher, upload } = await start();
  await register(security, publisher);
  const body = await upload();
  await install(admin, security, body);
  const large = { ...using(), tests: [{ name: 'large', input: { data: { text: 'x'.repeat(50_000) } }, mocks: {}, expect: [] }] };
  await running.publish(large);
  const { revision } = (await versionOf(admin, body.id))!;
  await admin.call('POST', `/extensions/${body.id}/disable`, { revision, reason: 'maintenance' });
  const { issues } = (await admin.call('POST', '/flows/validate', large)).body as { issues: { text?: { en: string } }[] };
  assert.match(issues[0]?.text?.en ?? '', /x-test is disabled/);
});
