/** The proxy of docs/tlcp.md: a client that speaks TLCP only calls an interface of the open front. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../gateways/support/city-plan.ts';
import { startGateway } from '../gateways/support/start-gateway.ts';
import { createAuthority } from '../support/certificates.ts';
import { blocksOf } from '../support/document-blocks.ts';
import { missing, root, scratch } from './tools.ts';

const BUILD_MS = 300_000;
/** Another address of this machine than the proxy's own, so that it shows whose address the gateway sees. */
const CLIENT = '127.0.0.2';

test('a signed call over TLCP reaches its interface, with the address of the client', { skip: missing('go') }, async (t) => {
  const folder = await scratch(t);
  const built = ['deploy/tlcp-proxy', 'test/deploy/tlcp-client'].map((source) => {
    const output = join(folder, source.endsWith('proxy') ? 'proxy' : 'client');
    return spawnSync('go', ['build', '-C', join(root, source), '-o', output, '.'], { timeout: BUILD_MS, encoding: 'utf8' });
  });
  const failed = built.find(({ status }) => status !== 0);
  if (failed !== undefined) return t.skip(`the module tjfoc/gmsm cannot be had here: ${failed.stderr.slice(-200)}`);
  assert.equal(spawnSync(join(folder, 'client'), ['certs', folder]).status, 0);

  const key = await createTestKey('SM2-SM3', 'app');
  const policies = { 'ip-list': { allow: [CLIENT] } };
  const authority = await createAuthority();
  await writeFile(join(folder, 'ca.crt'), authority.ca);
  const running = await startGateway(await buildPlan([key], [buildInterface({ policies })]), {
    settings: { trustedProxies: ['127.0.0.1'], tls: await authority.issue('gateway') },
  });
  t.after(running.stop);
  const [command] = blocksOf('docs/tlcp.md').filter(({ language }) => language === 'sh');
  const shown = command!.text.replaceAll('/etc/kangqiao', folder).replace('0.0.0.0:9443', '127.0.0.1:0');
  const [, ...options] = shown.replace('https://127.0.0.1:8441', running.gateway.address).split(/[\s\\]+/);
  const proxy = spawn(join(folder, 'proxy'), options);
  t.after(() => proxy.kill());
  const [line] = (await once(proxy.stderr.setEncoding('utf8'), 'data')) as [string];
  const address = /listening on (\S+)/.exec(line)![1]!;

  const call = async (from: string, extra: readonly string[] = []) => {
    const { method, path, headers, authorization, body } = await signRequest(key, { host: address });
    const lines = [...headers.map(([name, value]) => `${name}: ${value}`), `Authorization: ${authorization}`, ...extra];
    const head = [`${method} ${path} HTTP/1.1`, `Host: ${address}`, 'Connection: close', `Content-Length: ${body.length}`, ...lines];
    const client = spawn(join(folder, 'client'), ['call', folder, address, from]);
    client.stdin.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
    return text(client.stdout);
  };
  const answer = await call(CLIENT);
  assert.match(answer, /^version 0x101 cipher 0xe013 certificates 2\nHTTP\/1\.1 200 /);
  assert.match(answer, /\r\nX-Kq-Signature: /i);
  assert.equal(running.calls.length, 1);
  assert.match(await call('127.0.0.1'), /GW40302/);
  assert.match(await call('127.0.0.1', [`X-Forwarded-For: ${CLIENT}`]), /GW40302/, 'nobody chooses their address');
});
