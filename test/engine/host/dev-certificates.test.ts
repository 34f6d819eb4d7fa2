import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { openDataFolder } from '../../../engine/host/data-folder.ts';
import { loadDevCertificates } from '../../../engine/host/dev-certificates.ts';

const root = mkdtempSync(join(tmpdir(), 'kangqiao-host-'));
after(() => rmSync(root, { recursive: true, force: true }));
const DAY_MS = 86_400_000;

test('a client that trusts the authority reaches localhost and 127.0.0.1 by TLS', async () => {
  const { cert, key, ca } = await loadDevCertificates(join(root, 'tls'), Date.now());
  const server = createServer({ cert, key }, (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const servername of ['localhost', '']) {
    const socket = connect({ host: '127.0.0.1', port, ca, ...(servername === '' ? {} : { servername }) });
    const [data] = (await once(socket, 'data')) as [Buffer];
    assert.deepEqual([socket.authorized, data.toString()], [true, 'hello']);
    socket.destroy();
  }
  server.close();
  await once(server, 'close');
});

test('keys are for their owner alone, and a second start finds the same', async () => {
  const first = await loadDevCertificates(join(root, 'same'), Date.now());
  for (const name of ['ca.key', 'server.key']) assert.equal(statSync(join(root, 'same', name)).mode & 0o777, 0o600);
  assert.deepEqual(await loadDevCertificates(join(root, 'same'), Date.now()), first);
});

test('the certificate is renewed before it ends, under the same authority; a damaged one is made anew', async () => {
  const folder = join(root, 'renewed');
  const first = await loadDevCertificates(folder, Date.now());
  const later = await loadDevCertificates(folder, Date.now() + 370 * DAY_MS);
  assert.equal(later.ca, first.ca);
  assert.notEqual(later.cert, first.cert);
  writeFileSync(join(folder, 'server.crt'), 'broken');
  assert.match((await loadDevCertificates(folder, Date.now())).cert, /BEGIN CERTIFICATE/);
});

test('the data folder is made for its owner alone; one that cannot be made is told', async () => {
  const folder = await openDataFolder(join(root, 'data'));
  assert.equal(statSync(folder.tls).mode & 0o777, 0o700);
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(openDataFolder(join(root, 'file')), { code: 'DATA_FOLDER_UNUSABLE', kind: 'input' });
  // A parent that takes no folders, on Linux.
  if (existsSync('/proc/self')) await assert.rejects(openDataFolder('/proc/nope/data'), { code: 'DATA_FOLDER_UNUSABLE', kind: 'input' });
});
