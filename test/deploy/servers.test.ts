/** nginx, Redis, systemd and the container's health check take the files of deploy/ as they are, but for addresses and folders. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadKek } from '../../engine/seal/load-kek.ts';
import { listenStatus } from '../../engine/host/status-listener.ts';
import { loadNodeKey } from '../../engine/seal/load-node-key.ts';
import { freePort } from '../servers/free-port.ts';
import { makeSecrets, missing, root, scratch, tell } from './tools.ts';

const deployed = (path: string) => readFile(join(root, 'deploy', path), 'utf8');

test('secrets are made once, different each time, readable by their group alone', { skip: missing('openssl') }, async (t) => {
  const folder = await makeSecrets(t);
  const other = await makeSecrets(t);
  const names = await readdir(folder);
  for (const name of names) {
    assert.equal((await stat(join(folder, name))).mode & 0o007, 0, name);
    assert.notEqual(
      await readFile(join(folder, name), 'utf8'),
      await readFile(join(other, name), 'utf8'),
      `${name} is the same everywhere`,
    );
  }
  await loadKek(join(folder, 'kangqiao.kek'), { mayCreate: false });
  await loadNodeKey(join(folder, 'kangqiao.kek.node'));
  const before = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  assert.equal((await tell('sh', [join(root, 'deploy/make-secrets.sh'), folder])).code, 0);
  assert.deepEqual(await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8'))), before);
  for (const name of names.filter((file) => file.endsWith('.crt')))
    assert.equal((await tell('openssl', ['verify', '-CAfile', join(folder, 'ca.crt'), join(folder, name)])).code, 0, name);
});

test('nginx hands a call on unchanged, with the address it came from and no other', { skip: missing('nginx', 'openssl') }, async (t) => {
  const secrets = await makeSecrets(t);
  const seen: { url: string; host: string; from: string; forwarded: string }[] = [];
  const tls = { cert: await readFile(join(secrets, 'kangqiao.crt')), key: await readFile(join(secrets, 'kangqiao.key')) };
  const gateway = createServer(tls, ({ url, headers }, response) => {
    seen.push({ url: url!, host: headers.host!, from: String(headers['x-forwarded-for']), forwarded: String(headers.forwarded) });
    response.end('answered');
  });
  const behind = await listening(t, gateway);
  const doors = await startNginx(t, secrets, behind);
  const path = '/open/v1/%E6%82%A3%E8%80%85/a%2Fb//c?q=%20x&q=+';
  const options: RequestOptions = {
    ca: await readFile(join(secrets, 'ca.crt')),
    servername: 'bus.example.org',
    agent: false,
    headers: { host: 'bus.example.org:8441', 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' },
  };
  for (const port of [doors.open, doors.user, doors.bus, doors.control]) assert.equal(await ask(port, path, options), '200 answered');
  assert.deepEqual(
    seen,
    Array.from({ length: 4 }, () => ({ url: path, host: 'bus.example.org:8441', from: '127.0.0.1', forwarded: 'undefined' })),
  );
  assert.match(await ask(doors.control, '/metrics', options), /^404/);
});

test(
  'Redis starts as configured: TLS and a password always, nothing thrown away',
  { skip: missing('redis-server', 'redis-cli', 'openssl') },
  async (t) => {
    const secrets = await makeSecrets(t);
    const folder = await scratch(t);
    const port = await freePort();
    const config = (await deployed('compose/redis.conf'))
      .replaceAll('/run/secrets', secrets)
      .replace(/^tls-port .*/m, `tls-port ${port}\nbind 127.0.0.1`)
      .replace(/^dir .*/m, `dir ${folder}`);
    await writeFile(join(folder, 'redis.conf'), config);
    const server = spawn('redis-server', [join(folder, 'redis.conf')], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
    });
    for await (const text of server.stdout) if (String(text).includes('Ready to accept')) break;
    const password = (await readFile(join(secrets, 'shared-password'), 'utf8')).trim();
    const cli = (args: readonly string[], auth: string) =>
      tell('redis-cli', ['--tls', '--cacert', join(secrets, 'ca.crt'), '-h', 'localhost', '-p', String(port), ...args], {
        env: { ...process.env, ...(auth === '' ? {} : { REDISCLI_AUTH: auth }) },
      });
    assert.match((await cli(['ping'], '')).output, /NOAUTH/);
    assert.match((await cli(['config', 'get', 'maxmemory-policy'], password)).output, /noeviction/);
    assert.match((await cli(['ping'], password)).output, /PONG/);
  },
);

test('systemd takes the units, and finds little that they may do', { skip: missing('systemd-analyze') }, async (t) => {
  const folder = await scratch(t);
  await writeFile(join(folder, 'kangqiao.target'), await deployed('systemd/kangqiao.target'));
  for (const [role, instance] of [
    ['gateway', 'open'],
    ['worker', '1'],
    ['control', '1'],
  ] as const) {
    const unit = (await deployed(`systemd/kangqiao-${role}@.service`)).replace(
      '/usr/bin/node /opt/kangqiao/',
      `${process.execPath} ${root}`,
    );
    const name = join(folder, `kangqiao-${role}@${instance}.service`);
    await writeFile(join(folder, `kangqiao-${role}@.service`), unit);
    await writeFile(name, unit);
    const verified = await tell('systemd-analyze', ['verify', '--man=no', name, join(folder, 'kangqiao.target')]);
    assert.deepEqual([verified.code, verified.errors], [0, ''], role);
    const exposed = await tell('systemd-analyze', ['security', '--offline=yes', '--threshold=20', name]);
    assert.equal(exposed.code, 0, exposed.output.split('\n').slice(-3).join('\n'));
  }
});

test('the container is healthy when its process is ready, and not before', { skip: missing('openssl') }, async (t) => {
  const secrets = await makeSecrets(t);
  const tls = { cert: await readFile(join(secrets, 'kangqiao.crt'), 'utf8'), key: await readFile(join(secrets, 'kangqiao.key'), 'utf8') };
  let isReady = false;
  const report = () => (isReady ? Promise.resolve({ status: 'up' as const, checks: [] }) : undefined);
  const listener = await listenStatus({ host: '0.0.0.0', port: 0, tls, report, metricsText: () => Promise.resolve('') });
  t.after(() => listener.close());
  const check = (port: string) =>
    tell(process.execPath, [join(root, 'deploy/container/check-ready.mjs')], {
      env: { ...process.env, KQ_BIND_HOST: '0.0.0.0', KQ_STATUS_PORT: port },
    });
  const { port } = new URL(listener.address);
  assert.equal((await check(port)).code, 1);
  isReady = true;
  assert.equal((await check(port)).code, 0);
  assert.equal((await check('1')).code, 1);
});

test('shell scripts are read by a plain shell', () => {
  for (const file of globSync('deploy/**/*.sh', { cwd: root }))
    assert.equal(spawnSync('sh', ['-n', join(root, file)]).status, 0, basename(file));
});

interface Doors {
  readonly open: number;
  readonly user: number;
  readonly bus: number;
  readonly control: number;
}

async function startNginx(t: TestContext, secrets: string, gatewayPort: number): Promise<Doors> {
  const folder = await scratch(t);
  const doors = { open: await freePort(), user: await freePort(), bus: await freePort(), control: await freePort() };
  const config = (await deployed('compose/nginx.conf'))
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/run/secrets', secrets)
    .replaceAll(/server (gateway-[a-z]+-\d|control):\d+/g, `server 127.0.0.1:${gatewayPort}`)
    .replace('listen 8440', `listen 127.0.0.1:${doors.control}`)
    .replace('listen 8441', `listen 127.0.0.1:${doors.open}`)
    .replace('listen 8442', `listen 127.0.0.1:${doors.user}`)
    .replace('listen 8443', `listen 127.0.0.1:${doors.bus}`)
    .replace('access_log /dev/stdout door', `access_log ${folder}/access.log door`);
  const file = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'logs'));
  await writeFile(file, process.getuid?.() === 0 ? `user root;\n${config}` : config);
  const tested = await tell('nginx', ['-t', '-q', '-p', folder, '-c', file, '-e', 'stderr']);
  assert.deepEqual([tested.code, tested.errors], [0, '']);
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(async () => {
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
  });
  while (
    spawnSync(process.execPath, [
      '-e',
      `require('net').connect(${doors.control},'127.0.0.1',()=>process.exit(0)).on('error',()=>process.exit(1))`,
    ]).status !== 0
  );
  return doors;
}

function ask(port: number, path: string, options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
    })
      .on('error', reject)
      .end();
  });
}

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
