import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dataTokenPath, writeTokenFile } from '../../cli/shared/token-file.ts';
import { parseAuthorization } from '../../engine/contract/kq1/kq1.ts';
import { nodeCrypto } from '../../sdk/node/node-crypto.ts';
import { signRequest } from '../../sdk/public.ts';
import { flow, memoryCatalog, startControl } from '../control/start-control.ts';

const BIN = fileURLToPath(new URL('../../bin/kangqiao.mjs', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function kangqiao(
  args: readonly string[],
  options: { readonly input?: string; readonly home?: string; readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], HOME: options.home ?? '/nonexistent', ...options.env };
    const child = spawn(process.execPath, [BIN, ...args], { env, cwd: options.home ?? tmpdir(), timeout: 120_000 });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    options.signal?.addEventListener('abort', () => child.kill('SIGINT'));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(options.input ?? '');
  });
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kq-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('shows help with examples and exit codes, and answers 2 to wrong usage', async () => {
  const help = await kangqiao(['--help']);
  assert.equal(help.code, 0);
  for (const command of ['start', 'gateway', 'worker', 'control', 'login', 'flow', 'sign', 'keys', 'doctor', 'version'])
    assert.match(help.out, new RegExp(`\\n  ${command}`));
  assert.match(help.out, /Exit codes:/);
  const shown = await Promise.all(
    ['start', 'gateway', 'worker', 'control', 'login', 'sign', 'doctor'].map((name) => kangqiao([name, '--help'])),
  );
  for (const { out } of shown) assert.match(out, /Examples?:/);
  assert.equal((await kangqiao(['nonsense'])).code, 2);
  assert.equal((await kangqiao(['gateway', '--front', 'side'])).code, 2);
  assert.equal((await kangqiao(['flow', 'rollback', 'flw_a', 'x', '--address', 'http://127.0.0.1:1'])).code, 2);
});

test('says how to reach control when nobody answers', async (t) => {
  const ended = await kangqiao(['flow', 'list', '--address', 'http://127.0.0.1:1'], { home: folder(t) });
  assert.equal(ended.code, 3);
  assert.match(ended.err, /kangqiao start/);
});

test('a command that failed ends, whatever it left open', async () => {
  const env = { NODE_OPTIONS: '--import=data:text/javascript,setInterval(String,1e6)' };
  assert.equal((await kangqiao(['flow', 'list', '--address', 'http://127.0.0.1:1'], { env })).code, 3);
});

test('logs in with a one-time password, changes it, and leaves a token that only its owner can read', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const home = folder(t);
  const made = await running.admin.call('POST', '/accounts', { name: 'wang', displayName: 'Wang', roles: ['analyst'] });
  const { oneTimePassword } = made.body as { oneTimePassword: string };
  const wrong = await kangqiao(['login', '--name', 'wang', '--address', running.control.address], { home, input: 'wrong\n' });
  assert.equal(wrong.code, 4);
  const input = `${oneTimePassword}\nA-Better-Password-1\nA-Better-Password-1\n`;
  const ended = await kangqiao(['login', '--name', 'wang', '--address', running.control.address], { home, input });
  assert.equal(ended.code, 0, ended.err);
  const file = join(home, '.kangqiao', 'token');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /Better/);
  const listed = await kangqiao(['flow', 'list'], { home });
  assert.equal(listed.code, 0, listed.err);
});

test('takes a flow from file to service and back', async (t) => {
  const { running, data, file } = await started(t);
  const run = (...args: string[]) => kangqiao(['--data', data, ...args]);
  assert.equal((await run('flow', 'validate', file)).code, 0);
  const published = await run('flow', 'publish', file);
  assert.equal(published.code, 0, published.err);
  assert.match(published.err, /validate …[\s\S]*commit …/, 'progress on stderr');
  assert.equal(published.out.trim(), 'flw_a version 1 is published.');
  assert.equal((await run('flow', 'publish', file)).code, 0, 'again, from the same file');
  assert.match((await run('flow', 'list')).out, /flw_a +预约挂号 +sync +published 2/);
  assert.match((await run('flow', 'rollback', 'flw_a')).out, /version 1 is published again/);
  const stored = (await running.admin.call('GET', '/flows/flw_a')).body as { revision: number };
  assert.equal(stored.revision, 2);
  const tested = await run('flow', 'test', file);
  assert.equal(tested.code, 0, tested.err);
  assert.match(tested.out, /✓ books/);
  const tried = await kangqiao(['--data', data, 'flow', 'run', 'flw_a'], { input: '{"data": {}}' });
  assert.equal((JSON.parse(tried.out) as { status: string }).status, 'completed');
});

test('a bundle that would change an adapter in use is refused with the place and the option, and taken over by that option', async (t) => {
  const { running, data } = await started(t);
  const name = { 'zh-CN': '医院甲', en: 'Hospital A' };
  const about = { adapterId: 'adp_a', revision: 0, name, protocol: 'http', owner: 'A', domain: 'sh-city' };
  const adapter = { ...about, environments: { DEV: { baseUrl: 'https://dev.example' } } };
  await running.admin.call('PUT', '/adapters/adp_a', adapter);
  const incoming = { ...about, environments: { PROD: { baseUrl: 'https://prod.example' } } };
  const file = join(data, 'bundle.json');
  writeFileSync(file, JSON.stringify({ schema: 'bundle/1', adapters: [incoming], flows: [flow('flw_new')] }));
  const refused = await kangqiao(['bundle', 'import', file, '--data', data]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /adp_a already exists here and differs at \/environments\/PROD/);
  assert.match(refused.err, /--replace/);
  assert.equal((await running.admin.call('GET', '/flows/flw_new')).status, 404);
  const taken = await kangqiao(['bundle', 'import', file, '--replace', '--data', data]);
  assert.equal(taken.code, 0, taken.err);
  const { environments } = (await running.admin.call('GET', '/adapters/adp_a')).body as typeof adapter;
  assert.deepEqual(environments, { ...adapter.environments, ...incoming.environments });
});

test('a list of interfaces of which one leads nowhere and one is of no form is refused before the first is saved', async (t) => {
  const { running, data } = await started(t);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const name = { 'zh-CN': '预约', en: 'Booking' };
  const times = { timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0 };
  const about = { revision: 0, name, domain: 'sh-city', front: 'open', method: 'GET', state: 'online', log: 'in', ...times };
  const leading = (id: string, flowId: string) => ({
    ...about,
    interfaceId: id,
    path: `/open/v1/${id}`,
    target: { kind: 'flow', flowId },
  });
  const file = join(data, 'interfaces.json');
  const right = leading('ifc_right', 'flw_a');
  const form = { ...leading('ifc_form', 'flw_a'), front: 'nowhere' };
  writeFileSync(file, JSON.stringify([right, leading('ifc_lost', 'flw_absent'), form]));
  const refused = await kangqiao(['interface', 'apply', file, '--data', data]);
  assert.equal(refused.code, 1);
  for (const id of ['ifc_lost', 'ifc_form']) assert.ok(refused.err.includes(`${file}, ${id}`), refused.err);
  assert.equal((await running.admin.call('GET', '/interfaces/ifc_right')).status, 404, 'nothing is saved');
  writeFileSync(file, JSON.stringify([right]));
  assert.equal((await kangqiao(['interface', 'apply', file, '--data', data])).code, 0);
});

test('answers 5 to a stale file, 1 with every issue to a wrong one, 4 without a right', async (t) => {
  const { running, data, file } = await started(t);
  writeFileSync(file, JSON.stringify(flow('flw_a', { revision: 7 })));
  assert.equal((await kangqiao(['--data', data, 'flow', 'publish', file])).code, 5);
  const node = { id: 'n_1', type: 'x.y@1', label: '', config: {} };
  writeFileSync(file, JSON.stringify(flow('flw_a', { nodes: [node] })));
  const wrong = await kangqiao(['--data', data, 'flow', 'validate', file]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /✗ \/nodes: has nodes \[FLOW_TEST\]/);
  await running.person('viewer', ['viewer']);
  const token = await running.control.issueToken('viewer', 'test', 60_000);
  await writeTokenFile(dataTokenPath(data), { address: running.control.address, token });
  assert.equal((await kangqiao(['--data', data, 'flow', 'publish', file])).code, 4);
});

test('a file is published, edited and published again; what somebody else saved between stays', async (t) => {
  const { running, data, file } = await started(t);
  const run = (...args: string[]) => kangqiao(['--data', data, ...args]);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const got = (await run('flow', 'get', 'flw_a')).out;
  // As a person keeps it: his own indents, and the word elsewhere too.
  const kept = got.replace('"domain": "sh-city"', '\t"domain":"revision" ').replace('"tags": []', '"tags": ["revision", "1"]');
  writeFileSync(file, kept);
  const first = await run('flow', 'publish', file);
  assert.equal(first.code, 0, first.err);
  assert.equal(readFileSync(file, 'utf8'), kept.replace('"revision": 1', '"revision": 2'), 'nothing else in it is changed');

  const node = { id: 'n_1', type: 'x.y@1', label: '', config: {} };
  const edit = (changes: object) =>
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...changes }));
  edit({ nodes: [node] });
  assert.equal((await run('flow', 'publish', file)).code, 1, 'saved, and refused');
  edit({ nodes: [] });
  const corrected = await run('flow', 'publish', file);
  assert.equal(corrected.code, 0, corrected.err);

  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a', { revision: 4, domain: 'theirs' }));
  const before = readFileSync(file, 'utf8');
  const late = await run('flow', 'publish', file);
  assert.equal(late.code, 5, late.err);
  assert.match(late.err, /FLOW_STALE/);
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.equal(((await running.admin.call('GET', '/flows/flw_a')).body as { domain: string }).domain, 'theirs');
});

test('a file that says "whatever is stored" goes on saying it', async (t) => {
  const { data, file } = await started(t);
  const before = readFileSync(file, 'utf8');
  assert.equal((await kangqiao(['--data', data, 'flow', 'publish', file])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('says of a file that it cannot read which, where and what to do, with exit code 2', async (t) => {
  const home = folder(t);
  const run = (args: readonly string[], input?: string) =>
    kangqiao([...args, '--address', 'http://127.0.0.1:1'], { home, ...(input === undefined ? {} : { input }) });
  const write = (name: string, text: string) => (writeFileSync(join(home, name), text), name);
  write('good.json', '{}');
  const cases: readonly (readonly [args: readonly string[], says: RegExp, input?: string])[] = [
    [['flow', 'validate', 'none.json'], /^none\.json cannot be read: the file does not exist\. \[INPUT_UNREADABLE\]\n.+/],
    [['flow', 'publish', '.'], /^\. cannot be read: it is a folder\. \[INPUT_UNREADABLE\]\n.+/],
    [['flow', 'test', write('comma.json', '{\n  "a": 1,\n}\n')], /comma\.json is invalid at line 3, column 1\. \[INPUT_NOT_JSON\]/],
    [['flow', 'test', write('value.json', '{"a": }')], /value\.json is invalid at line 1, column 7\./],
    [['flow', 'test', write('half.json', '{"a": [1,\n 2')], /half\.json is invalid at line 2, column 3\./],
    [['flow', 'test', write('more.json', '{}\n\n}')], /more\.json is invalid at line 3, column 1\./],
    [['flow', 'test', write('empty.json', ' \n')], /empty\.json is empty/],
    [['flow', 'run', 'good.json'], /standard input is empty, but JSON is expected\. \[INPUT_NOT_JSON\]/],
    [['flow', 'run', 'good.json', '--mocks', write('mocks.json', '{n_a: 1}')], /mocks\.json is invalid at line 1, column 2\./, '{}'],
    [['sign', '--app', 'a', '--key-id', 'k', '--key', 'none.pem', 'https://a/'], /^none\.pem cannot be read/],
    [['keys', 'prove', '--key', 'none.pem'], /^none\.pem cannot be read/, 'x'],
    [['flow', 'list', '--ca', 'none.crt'], /^none\.crt cannot be read/],
  ];
  for (const [args, says, input] of cases) {
    const { code, err } = await run(args, input);
    assert.match(err, says, args.join(' '));
    assert.equal(code, 2, args.join(' '));
  }
});

test('tells a wrong option or argument once', async (t) => {
  const home = folder(t);
  const token = ['--address', 'http://127.0.0.1:1'];
  for (const args of [
    ['gateway', '--front', 'foo'],
    ['start', '--control-port', '99999'],
    ['start', '--example', 'town'],
    ['flow', 'rollback', 'flw_a', 'x', ...token],
    ['sign', '--app', 'a', '--key-id', 'k', '--key', '/dev/null', 'nowhere'],
  ]) {
    const { code, err } = await kangqiao(args, { home });
    assert.equal(code, 2, args.join(' '));
    const lines = err
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('('));
    assert.equal(lines.length, 1, err);
  }
});

test('publishes the draft that it saved, or the one that is named', async (t) => {
  const asked: (number | undefined)[] = [];
  const memory = memoryCatalog();
  const publish: typeof memory.publish = (flowId, actor, signal, options) => {
    asked.push(options?.revision);
    return memory.publish(flowId, actor, signal, options);
  };
  const { data, file } = await started(t, { catalog: { ...memory, publish } });
  const run = (...args: string[]) => kangqiao(['--data', data, 'flow', 'publish', ...args]);
  assert.equal((await run(file)).code, 0);
  assert.equal((await run('flw_a', '--revision', '1')).code, 0);
  assert.equal((await run('flw_a')).code, 0);
  assert.equal((await run(file, '--revision', '1')).code, 1, 'a file is published as it is saved');
  assert.deepEqual(asked, [1, 1, undefined]);
});

test('cancels on Ctrl-C, here and in control', async (t) => {
  let cancelled = () => {};
  const wasCancelled = new Promise<void>((resolve) => (cancelled = resolve));
  const interrupt = new AbortController();
  const catalog = {
    ...memoryCatalog(),
    publish: (_flowId: string, _actor: string, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled();
          reject(signal.reason as Error);
        });
        interrupt.abort();
      }),
  };
  const { data } = await started(t, { catalog });
  const ended = await kangqiao(['--data', data, 'flow', 'publish', 'flw_a'], { signal: interrupt.signal });
  assert.equal(ended.code, 130);
  await wasCancelled;
});

test('makes SM2 keys that prove themselves and never overwrites one', async (t) => {
  const out = folder(t);
  const made = await kangqiao(['keys', 'new', '--sm2', '--out', out, '--name', 'app']);
  assert.equal(made.code, 0, made.err);
  assert.equal(statSync(join(out, 'app.key.pem')).mode & 0o777, 0o600);
  assert.equal((await kangqiao(['keys', 'new', '--sm2', '--out', out, '--name', 'app'])).code, 1);
  const challenge = 'KQ1-KEY-PROOF\napp\nk1';
  const proven = await kangqiao(['keys', 'prove', '--key', join(out, 'app.key.pem')], { input: challenge });
  assert.ok(await nodeCrypto.verifyText(challenge, proven.out.trim(), 'SM2-SM3', readFileSync(join(out, 'app.pub.pem'), 'utf8')));
  assert.equal((await kangqiao(['keys', 'new', '--hmac', '--out', out])).code, 0);
  assert.equal((await kangqiao(['keys', 'new', '--out', out])).code, 2);
});

test('prints a signed request as curl, quoted for a shell', async (t) => {
  const out = folder(t);
  await kangqiao(['keys', 'new', '--hmac', '--out', out, '--name', 'app']);
  const key = ['--app', 'A1', '--key-id', 'k1', '--key', join(out, 'app.secret'), '--scheme', 'HMAC-SM3'];
  const signed = await kangqiao(['sign', ...key, '-d', `{"name":"O'Neil"}`, 'https://127.0.0.1:7443/open/v1/a']);
  assert.equal(signed.code, 0, signed.err);
  assert.match(signed.out, /^curl -sS -X POST 'https:\/\/127\.0\.0\.1:7443\/open\/v1\/a'/);
  assert.match(signed.out, /Authorization: KQ1-HMAC-SM3 appid="A1",keyid="k1"/i);
  const echoed = execFileSync('sh', ['-c', signed.out.trim().replace(/^curl/, 'printf "%s\\n"')], { encoding: 'utf8' });
  assert.ok(echoed.includes(`{"name":"O'Neil"}`));
  assert.equal((await kangqiao(['sign', ...key, '/open/v1/a'])).code, 2);
});

test('signs and sends the bytes of a file as they are, whatever their charset, and shows an answer in its own', async (t) => {
  const out = folder(t);
  const gbk = Buffer.from('d0d5c3fb3dd5c5c8fd', 'hex');
  writeFileSync(join(out, 'gbk.txt'), gbk);
  await kangqiao(['keys', 'new', '--hmac', '--out', out, '--name', 'app']);
  const received: { readonly body: Buffer; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => {
        received.push({ body: Buffer.concat(parts), headers: request.headers });
        response.writeHead(400, { 'content-type': 'text/plain; charset=GBK' }).end(gbk);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const sign = ['sign', '--app', 'A1', '--key-id', 'k1', '--key', join(out, 'app.secret'), '--scheme', 'HMAC-SM3', '--body-file'];
  const sent = await kangqiao([...sign, join(out, 'gbk.txt'), '-H', 'content-type: text/plain; charset=GBK', '--send', url]);
  assert.equal(sent.out.trim(), '姓名=张三', sent.err);
  assert.deepEqual(received[0]!.body, gbk);
  const { authorization = '' } = received[0]!.headers;
  const { ts, nonce } = parseAuthorization(authorization);
  const again = { method: 'POST', url, headers: { 'content-type': 'text/plain; charset=GBK' }, appId: 'A1', keyId: 'k1', body: gbk };
  const secret = readFileSync(join(out, 'app.secret'), 'utf8').trim();
  const signed = await signRequest({ ...again, scheme: 'HMAC-SM3', key: secret, nonce, clock: { now: () => Number(ts) } });
  assert.equal(authorization, signed.headers['Authorization'], 'the digest is of these very bytes');
  const printed = await kangqiao([...sign, join(out, 'gbk.txt'), url]);
  assert.match(printed.out, new RegExp(`--data-binary '@${join(out, 'gbk.txt')}'`));
});

test('starts on an older Node by the one that comes along, without a warning of it', async (t) => {
  const system = '/usr/local/bin/node';
  const old = [system, '/usr/bin/node'].find(
    (path) => existsSync(path) && !execFileSync(path, ['-v'], { encoding: 'utf8' }).startsWith('v24'),
  );
  if (old === undefined) return t.skip('allowed: no older Node on this machine');
  const out = execFileSync(old, [BIN, 'doctor', '--data', folder(t)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.match(out, /✓ Node 24/);
});

async function started(t: TestContext, changes: Parameters<typeof startControl>[0] = {}) {
  const running = await startControl(changes);
  t.after(running.stop);
  const data = folder(t);
  const token = await running.control.issueToken('admin', 'test', 60_000);
  await writeTokenFile(dataTokenPath(data), { address: running.control.address, token });
  const file = join(data, 'flow.json');
  writeFileSync(file, JSON.stringify(flow('flw_a', { tests: [{ name: 'books', input: { data: {} }, mocks: {}, expect: [] }] })));
  return { running, data, file };
}
