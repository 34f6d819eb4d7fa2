import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it, test } from 'node:test';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { prepareSshd, startSshd, type Sshd } from '../../../servers/sshd.ts';
import { failsWith, openTarget, storeConformance } from './conformance.ts';

const skip = prepareSshd();

function settingsOf({ port, user, files, hostKeys }: Sshd) {
  return { kind: 'sftp' as const, host: '127.0.0.1', port, user, folder: files, hostKeys: [...hostKeys] };
}

storeConformance('SFTP (OpenSSH)', {
  skip,
  async start() {
    const server = await startSshd();
    const { files, kill, restart, stop, userKey } = server;
    return { settings: settingsOf(server), credential: userKey, files, kill, restart, stop };
  },
});

describe('SFTP', { skip: skip ?? false }, () => {
  let server: Sshd;
  before(async () => (server = await startSshd()));
  after(() => server?.stop());

  it('logs in with a password, where the server checks one', async () => {
    if (server.password === undefined) return;
    const store = await openTarget({ settings: settingsOf(server), credential: server.password });
    assert.deepEqual(await store.list(''), []);
    store.close();
    const wrong = openTarget({ settings: settingsOf(server), credential: 'wrong' });
    await assert.rejects(wrong, failsWith('FILE_LOGIN_REFUSED', 'input'));
  });

  it('refuses a host key that the adapter does not trust, and names its fingerprint', async () => {
    const settings = { ...settingsOf(server), hostKeys: ['SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8'] };
    await assert.rejects(
      openTarget({ settings, credential: server.userKey }),
      (error: { readonly values: { readonly fingerprint: string } }) => {
        assert.ok(server.hostKeys.includes(error.values.fingerprint));
        return failsWith('FILE_HOST_KEY', 'input')(error);
      },
    );
  });

  it('refuses a private key that cannot be read, or is of somebody else', async () => {
    const broken = openTarget({ settings: settingsOf(server), credential: '-----BEGIN OPENSSH PRIVATE KEY-----\nbroken' });
    await assert.rejects(broken, failsWith('FILE_LOGIN_REFUSED', 'input'));
    const other = await startSshd();
    try {
      await assert.rejects(
        openTarget({ settings: settingsOf(server), credential: other.userKey }),
        failsWith('FILE_LOGIN_REFUSED', 'input'),
      );
    } finally {
      await other.stop();
    }
  });

  it('connects to allowed addresses only', async () => {
    const guard = createOutboundGuard({ isExcepted: () => false });
    const refused = openTarget({ settings: settingsOf(server), credential: server.userKey }, { outbound: guard });
    await assert.rejects(refused, failsWith('OUTBOUND_REFUSED', 'input'));
  });
});

test('SFTP: a server that says nothing is no answer', async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const settings = { kind: 'sftp', host: '127.0.0.1', port: (silent.address() as AddressInfo).port, user: 'lab' } as const;
  const limits = { connectTimeoutMs: 100 };
  await assert.rejects(
    openTarget({ settings: { ...settings, hostKeys: ['x'] }, credential: 'x' }, limits),
    failsWith('FILE_CONNECT_FAILED', 'transient'),
  );
});
