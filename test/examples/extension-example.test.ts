/** The example extension is packed and signed by the commands of docs/extensions.md, installed by two people, and run. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { flow, type Client } from '../control/start-control.ts';
import { startWithEngine } from '../control/start-engine.ts';
import { BIN } from '../support/platform-process.ts';
import { replyOfFlow } from '../support/reply-of-flow.ts';
import { manifestOf, nodeOf } from '../support/make-extension.ts';

const ROOT = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/extensions.md', ROOT), 'utf8');
const [commands = ''] = blocks('sh');
const [code = ''] = blocks('js');

const register = createServer((request, response) => {
  const isKnown = request.url === '/people/11010519491231002X';
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' }).end('{"name":"测试甲"}');
});
await new Promise<void>((resolve) => register.listen(0, '127.0.0.1', resolve));
const folder = await mkdtemp(join(tmpdir(), 'kq-extension-'));
const running = await startWithEngine();
const security = await running.person('security', ['security-admin']);
after(async () => {
  await running.stop();
  register.close();
  await rm(folder, { recursive: true });
});

test('the example is made by the commands of the page, installed and run', async () => {
  const address = `127.0.0.1:${(register.address() as AddressInfo).port}`;
  const example = new URL('examples/extension-resident-id/', ROOT);
  const target = join(folder, 'examples/extension-resident-id');
  await mkdir(target, { recursive: true });
  // The register of the test is on this machine.
  const manifest = (await readFile(new URL('manifest.json', example), 'utf8')).replace('register.example:443', address);
  await writeFile(join(target, 'manifest.json'), manifest);
  await writeFile(join(target, 'extension.mjs'), await readFile(new URL('extension.mjs', example)));
  for (const line of commands.trim().split('\n')) await command(line);
  await installFrom('resident-id.signed.zip', 'example-city');

  await running.publish(flowOf('flw_check', 'x-resident-id.check@1'));
  assert.deepEqual(await replyOf('flw_check', { idNumber: '11010519491231002X' }), {
    idNumber: '11010519491231002X',
    born: '1949-12-31',
    sex: 'female',
  });
  await assert.rejects(replyOf('flw_check', { idNumber: '110105194912310021' }), { code: 'X_RESIDENT_ID_INVALID', kind: 'input' });
  await running.publish(flowOf('flw_look', 'x-resident-id.look-up@1', { address: `http://${address}` }));
  assert.deepEqual(await replyOf('flw_look', { idNumber: '11010519491231002X' }), {
    idNumber: '11010519491231002X',
    person: { name: '测试甲' },
  });
});

test('the code of the page runs', async () => {
  const target = join(folder, 'page');
  await mkdir(target);
  const errors = { INVALID: { kind: 'input', text: { 'zh-CN': '缺少号码', en: 'The number is missing' } } };
  const manifest = manifestOf({ id: 'x-page', publisher: 'example-city', errors, nodes: [nodeOf('check')] });
  await writeFile(join(target, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(target, 'extension.mjs'), code);
  await command('kangqiao extension pack page --out page.zip');
  await command('kangqiao extension sign page.zip --key acme.key.pem --out page.signed.zip');
  await installFrom('page.signed.zip');
  await running.publish(flowOf('flw_page', 'x-page.check@1'));
  assert.deepEqual(await replyOf('flw_page', { idNumber: '1' }), { idNumber: '1', checked: true });
  await assert.rejects(replyOf('flw_page', {}), { code: 'X_PAGE_INVALID' });
});

async function installFrom(file: string, publisher?: string): Promise<void> {
  if (publisher !== undefined) {
    const publicPem = await readFile(join(folder, 'acme.pub.pem'), 'utf8');
    await done(security, '/publishers', { publisher, scheme: 'SM2-SM3', publicPem });
  }
  const content = (await readFile(join(folder, file))).toString('base64');
  const { id, digest } = await done(running.admin, '/extensions', { content });
  await done(security, `/extensions/${id}/install`, { digest, reason: 'the example of the page' });
}

async function done(person: Client, path: string, body: object): Promise<{ id: string; digest: string }> {
  const answer = await person.call('POST', path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as { id: string; digest: string };
}

async function command(line: string): Promise<void> {
  const [program, ...args] = line.split(' ');
  assert.equal(program, 'kangqiao');
  await promisify(execFile)(process.execPath, [BIN, ...args], { cwd: folder });
}

function flowOf(flowId: string, type: string, config: object = {}) {
  return flow(flowId, {
    nodes: [
      { id: 'n_in', type: 'interface.call@1', label: '', config: {} },
      { id: 'n_x', type, label: '', config: { ...config } },
      { id: 'n_out', type: 'control.reply@1', label: '', config: {} },
    ],
    edges: [
      { id: 'e_1', from: { node: 'n_in', port: 'out' }, to: { node: 'n_x', port: 'in' } },
      { id: 'e_2', from: { node: 'n_x', port: 'ok' }, to: { node: 'n_out', port: 'in' } },
    ],
  });
}

async function replyOf(flowId: string, data: unknown): Promise<unknown> {
  return replyOfFlow(running.engine, flowId, data);
}

function blocks(language: string): string[] {
  return Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm')), ([, text]) => text!);
}
