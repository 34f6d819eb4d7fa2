import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { parseAddress } from '../../../storage/postgres/parse-address.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { createAuthority } from '../../support/certificates.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';

describe('an address of PostgreSQL', () => {
  it('names user, host, database and schema, and is encrypted as soon as it leaves the machine', () => {
    assert.deepEqual(parseAddress('postgres://kq@db.city.cn/bus'), {
      host: 'db.city.cn',
      port: 5432,
      user: 'kq',
      database: 'bus',
      schema: 'kangqiao',
      isEncrypted: true,
    });
    assert.equal(parseAddress('postgresql://kq@[::1]:6000/bus?schema=test').schema, 'test');
    assert.equal(parseAddress('postgres://kq@127.0.0.1/bus').isEncrypted, false);
    assert.equal(parseAddress('postgres://kq@127.0.0.1/bus?sslmode=verify-full').isEncrypted, true);
  });

  for (const [address, code] of [
    ['postgres://kq@db.city.cn/bus?sslmode=disable', 'STORE_NOT_ENCRYPTED'],
    ['postgres://kq@db.city.cn/bus?sslmode=prefer', 'STORE_NOT_ENCRYPTED'],
    ['postgres://db.city.cn/bus', 'STORE_ADDRESS'],
    ['postgres://kq@db.city.cn', 'STORE_ADDRESS'],
    ['postgres://kq@db.city.cn/bus?shema=x', 'STORE_ADDRESS'],
    ['postgres://kq@db.city.cn/bus?schema=a%22b', 'STORE_ADDRESS'],
    ['postgres:nothing', 'STORE_ADDRESS'],
  ] as const) {
    it(`is refused with ${code}: ${address}`, () => {
      assert.throws(() => parseAddress(address), isCode(code));
    });
  }
});

const reason = preparePostgres();
if (reason === undefined) describe('PostgreSQL with a password and TLS', access);
else it('is let in by password over TLS', { skip: reason });

function access(): void {
  let server: PostgresServer;
  let authority: Awaited<ReturnType<typeof createAuthority>>;
  const password = 'a $ecret, "quoted" one';
  before(async () => {
    authority = await createAuthority();
    server = await startPostgres({ password, tls: await authority.issue('postgres') });
  });
  after(() => server.stop());
  const open = (parameters: string, options: { readonly password?: string; readonly ca?: string }) =>
    postgresBackend.open(`postgres://postgres@127.0.0.1:${server.port}/${parameters}`, {
      clock: fakeClock(),
      logger: silentLogger,
      ...options,
    });

  it('lets in over TLS with the right password and the authority of its certificate', async () => {
    const store = await open('postgres?sslmode=verify-full', { password, ca: authority.ca });
    await store.documents.ping();
    await store.close();
  });

  it('says what is wrong with password, database, certificate and encoding, and never the password', async () => {
    const isTold = (code: string) => (error: unknown) => isCode(code)(error) && !JSON.stringify(error).includes('$ecret');
    await assert.rejects(open('postgres', { password: 'wrong' }), isTold('STORE_REFUSED'));
    await assert.rejects(open('postgres', {}), isTold('STORE_REFUSED'));
    await assert.rejects(open('nowhere', { password }), isTold('STORE_REFUSED'));
    const other = await createAuthority();
    await assert.rejects(open('postgres?sslmode=require', { password, ca: other.ca }), isTold('STORE_CERTIFICATE'));
    const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres', password });
    await client.connect();
    await client.query(`CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    await client.end();
    await assert.rejects(open('latin', { password }), isTold('STORE_INCOMPATIBLE'));
  });
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code && error.kind === 'input' && (error.fix ?? '') !== '';
}
