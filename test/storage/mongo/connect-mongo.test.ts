import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createServer } from 'node:tls';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { connectMongo } from '../../../storage/mongo/connect-mongo.ts';
import { createAuthority } from '../../support/certificates.ts';

describe('an address of MongoDB', () => {
  for (const [title, address, code] of [
    ['without TLS beyond this machine', 'mongodb://kq@db.example/kq', 'STORE_NOT_ENCRYPTED'],
    ['with one such host among several', 'mongodb://127.0.0.1,db.example:27018/kq?replicaSet=rs', 'STORE_NOT_ENCRYPTED'],
    ['that leaves certificates unchecked', 'mongodb://db.example/kq?tls=true&tlsAllowInvalidHostnames=true', 'STORE_NOT_ENCRYPTED'],
    ['that switches the checks off by the old name', 'mongodb://db.example/kq?tls=true&tlsInsecure=true', 'STORE_NOT_ENCRYPTED'],
    ['that cannot be read', 'mongodb://', 'STORE_ADDRESS'],
    ['with an option that does not exist', 'mongodb://127.0.0.1/kq?nonsense=1', 'STORE_ADDRESS'],
  ] as const) {
    it(`is refused ${title}`, async () => {
      await assert.rejects(connectMongo({ address, password: 'p@ss/wörd' }), (error) => {
        assert.ok(error instanceof AppError && error.code === code, String(error));
        assert.ok(!error.message.includes('p@ss'));
        return true;
      });
    });
  }
});

it('a MongoDB whose certificate is not trusted, or names another host, is told so', async (t) => {
  const authority = await createAuthority();
  const server = createServer(await authority.issue('mongo'), (socket) => void socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const refused = (host: string, ca: string, says: RegExp) =>
    assert.rejects(connectMongo({ address: `mongodb://${host}:${port}/kq?tls=true`, ca }), (error: AppError) => {
      assert.equal(error.code, 'STORE_CERTIFICATE');
      return says.test(`${error.message} ${error.fix}`);
    });
  await Promise.all([
    refused('127.0.0.1', (await createAuthority()).ca, /not trusted.*KQ_SERVER_CA_FILE/),
    refused('localhost', authority.ca, /issued for other names.*Use the server name/),
  ]);
});
