import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it, test } from 'node:test';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import type { FileSettings } from '../../../../nodes/file/stores/settings.ts';
import { prepareVsftpd, startVsftpd, type Vsftpd } from '../../../servers/vsftpd.ts';
import { createAuthority, type Authority } from '../../../support/certificates.ts';
import { encodeText } from '../../../../nodes/shared/charset/text-charset.ts';
import { chunksOf, failsWith, openTarget, readAll, storeConformance, type StoreLab } from './conformance.ts';

const skip = prepareVsftpd();
const LOGIN = { kind: 'ftp', host: '127.0.0.1', user: 'lab' } as const;
const authority: Promise<Authority> = createAuthority();

async function labOf(start: () => Promise<Vsftpd>, more: Partial<FileSettings> = {}): Promise<StoreLab> {
  const server = await start();
  const { files, kill, restart, stop, port } = server;
  return { settings: { ...LOGIN, port, ...more }, credential: 'secret', files, kill, restart, stop };
}

async function startSecure(isImplicit: boolean): Promise<Vsftpd> {
  return startVsftpd({ tls: { ...(await (await authority).issue('127.0.0.1')), isImplicit } });
}

storeConformance('FTP (vsftpd)', { skip, start: () => labOf(() => startVsftpd()) });
storeConformance('FTP (vsftpd) with names in GBK', { skip, start: () => labOf(() => startVsftpd(), { nameCharset: 'GBK' }) });
for (const mode of ['explicit', 'implicit'] as const)
  storeConformance(`FTPS (vsftpd), ${mode}`, {
    skip,
    start: async () => labOf(() => startSecure(mode === 'implicit'), { tls: { mode, ca: (await authority).ca } }),
  });

describe('FTP', { skip: skip ?? false }, () => {
  let lab: StoreLab;
  before(async () => (lab = await labOf(() => startSecure(false), { tls: { mode: 'explicit', ca: (await authority).ca } })));
  after(() => lab?.stop());

  it('refuses an unknown user, a certificate of another authority or name, and a server without TLS', async () => {
    const { settings } = lab;
    await assert.rejects(openTarget({ ...lab, settings: { ...settings, user: 'other' } }), failsWith('FILE_LOGIN_REFUSED', 'input'));
    const { tls, ...plain } = settings;
    const noCa = { ...settings, tls: { mode: 'explicit' as const } };
    await assert.rejects(openTarget({ ...lab, settings: noCa }), failsWith('FILE_CONNECT_FAILED', 'transient'));
    const otherName = { ...settings, tls: { ...tls!, serverName: 'ftp.hospital-c.example' } };
    await assert.rejects(openTarget({ ...lab, settings: otherName }), failsWith('FILE_CONNECT_FAILED', 'transient'));
    await assert.rejects(openTarget({ ...lab, settings: plain }), failsWith('FILE_LOGIN_REFUSED', 'input'));
    const bare = await startVsftpd();
    try {
      await assert.rejects(openTarget({ ...lab, settings: { ...settings, port: bare.port } }), failsWith('FILE_TLS_REQUIRED', 'input'));
    } finally {
      await bare.stop();
    }
  });

  it('connects to allowed addresses only', async () => {
    const guard = createOutboundGuard({ isExcepted: () => false });
    await assert.rejects(openTarget(lab, { outbound: guard }), failsWith('OUTBOUND_REFUSED', 'input'));
    const { port } = lab.settings;
    const controlOnly = createOutboundGuard({ isExcepted: (_host, _address, at) => at === port });
    const store = await openTarget(lab, { outbound: controlOnly });
    await assert.rejects(store.list(''), failsWith('OUTBOUND_REFUSED', 'input'));
    store.close();
  });

  it('reads names in GBK that another program has written', async () => {
    const server = await startVsftpd();
    try {
      const name = '检验报告（𠮷）.csv';
      writeFileSync(Buffer.concat([Buffer.from(`${server.files}/`), encodeText('检验报告.csv', 'GBK')]), '1');
      const store = await openTarget({ settings: { ...LOGIN, port: server.port, nameCharset: 'GBK' }, credential: 'secret' });
      assert.deepEqual(
        (await store.list('')).map((entry) => entry.name),
        ['检验报告.csv'],
      );
      assert.equal((await readAll(store.read('检验报告.csv', 0))).toString(), '1');
      await assert.rejects(store.write(name, chunksOf(Buffer.from('x')), 0), failsWith('CHARSET_UNENCODABLE', 'input'));
      store.close();
    } finally {
      await server.stop();
    }
  });
});

test('FTP: the data connection goes to the host of the control connection, not to the one that the server names', async (t) => {
  const data = createServer((socket) => socket.end('-rw-r--r-- 1 a b 3 Nov 30 02:49 a.txt\r\n'));
  await new Promise<void>((resolve) => data.listen(0, '127.0.0.1', resolve));
  const { port: dataPort } = data.address() as AddressInfo;
  const control = createServer((socket) => {
    socket.on('error', () => undefined).write('220 hello\r\n');
    socket.on('data', (text) => {
      const [verb] = String(text).trim().split(' ');
      const replies: Record<string, string> = {
        ...{ USER: '331 ?', PASS: '230 in', PWD: '257 "/"', TYPE: '200 ok', CWD: '250 ok', FEAT: '211 none' },
        ...{ PASV: `227 Entering Passive Mode (203,0,113,7,${dataPort >> 8},${dataPort & 255}).`, LIST: '150 here\r\n226 done' },
      };
      socket.write(`${replies[verb!] ?? '502 no'}\r\n`);
    });
  });
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  t.after(() => [data.close(), control.close()]);
  const { port } = control.address() as AddressInfo;
  const store = await openTarget({ settings: { ...LOGIN, port }, credential: 'secret' });
  const [entry] = await store.list('');
  assert.deepEqual([entry!.name, entry!.sizeBytes], ['a.txt', 3]);
  store.close();
});

test('FTP: a server that says nothing is no answer', async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const settings = { ...LOGIN, port: (silent.address() as AddressInfo).port };
  await assert.rejects(openTarget({ settings, credential: '' }, { connectTimeoutMs: 100 }), failsWith('FILE_CONNECT_FAILED', 'transient'));
  const stop = new AbortController();
  const opening = assert.rejects(openTarget({ settings, credential: '' }, { signal: stop.signal }), failsWith('FILE_STOPPED', 'transient'));
  stop.abort();
  await opening;
});
