import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { AppError } from '../../engine/contract/values/errors.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { incompatible, refusePlainConnection } from '../../storage/shared/server-address.ts';
import { visitsSpec } from '../conformance/documents.ts';
import { chunks, collect } from '../conformance/blobs.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-open-'));
after(() => rm(root, { recursive: true }));
const place = { collection: 'visits', id: 'a', field: 'note' };
const open = (address: string, kekFile?: string) =>
  openStorage({ address, clock: fakeClock(), logger: silentLogger, ...(kekFile === undefined ? {} : { kekFile }) });

it('makes a key-encryption key beside the data folder at the first start, and finds everything at the second', async () => {
  const first = await open(`embedded:${join(root, 'one')}`);
  assert.deepEqual(first.kek, { file: join(root, 'one.kek'), isNew: true });
  assert.equal((await stat(join(root, 'one.kek'))).mode & 0o777, 0o600);
  const visits = await first.documents.open(visitsSpec('visits'));
  await visits.insert({ _id: 'a', note: first.seal.seal(place, 'planted name') });
  const { blobId } = await first.blobs.put(chunks(Buffer.from('planted name')), { limitBytes: 100 });
  await first.close();

  for (const entry of await readdir(join(root, 'one'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) assert.ok(!(await readFile(join(entry.parentPath, entry.name))).includes('planted'), entry.name);
  }
  const second = await open(`embedded:${join(root, 'one')}`);
  assert.equal(second.kek?.isNew, false);
  const visit = await (await second.documents.open(visitsSpec('visits'))).get('a');
  assert.equal(second.seal.openText(place, String(visit?.note)), 'planted name');
  assert.equal(Buffer.from(await collect(second.blobs.get(blobId))).toString(), 'planted name');
  await second.close();
});

it('never makes a new key over sealed data, and refuses a key in the data folder, an exposed one, and a wrong one', async () => {
  const address = `embedded:${join(root, 'two')}`;
  const file = join(root, 'two.kek');
  await (await open(address)).close();
  await assert.rejects(open(address, join(root, 'elsewhere.kek')), isCode('SEAL_KEK_MISSING'));
  await assert.rejects(open(address, join(root, 'two', 'inside.kek')), isCode('SEAL_KEK_INSIDE'));
  await chmod(file, 0o644);
  await assert.rejects(open(address), isCode('SEAL_KEK_EXPOSED'));
  await chmod(file, 0o600);
  await (await open(`embedded:${join(root, 'three')}`)).close();
  await assert.rejects(open(address, join(root, 'three.kek')), isCode('SEAL_KEK_WRONG'));
  await (await open(address)).close();
});

it('opens a store in memory without any file', async () => {
  const storage = await open('memory:');
  assert.equal(storage.kek, undefined);
  assert.equal(storage.seal.openText(place, storage.seal.seal(place, 'x')), 'x');
  await storage.close();
});

it('names the stores there are when the address fits none, and never repeats a password', async () => {
  for (const address of ['oracle://u:secret@h', 'constructor:x', 'nothing']) {
    await assert.rejects(
      open(address),
      (error) => isCode('STORE_ADDRESS')(error) && !String((error as AppError).message).includes('secret'),
    );
  }
});

it('tells what is wrong with the settings also while the servers are away', async () => {
  const away = 'postgres://kq@127.0.0.1:9/bus';
  for (const [addresses, code, says] of [
    [{ address: away }, 'STORE_NEEDS_SHARED', /KQ_SHARED_ADDRESS to a Redis/],
    [{ address: away, sharedAddress: 'valkey://127.0.0.1' }, 'STORE_ADDRESS', /no shared state for "valkey:".*redis or rediss/],
    [{ address: away, sharedAddress: 'redis://redis.example' }, 'STORE_NOT_ENCRYPTED', /rediss:/],
    [{ address: 'postgres://127.0.0.1:9', sharedAddress: 'redis://127.0.0.1:9' }, 'STORE_ADDRESS', /names no user.*postgres:\/\/user@/],
    [{ address: 'memory:', sharedAddress: 'valkey://127.0.0.1' }, 'STORE_ADDRESS', /no shared state/],
  ] as const)
    await assert.rejects(openStorage({ ...addresses, clock: fakeClock(), logger: silentLogger }), (error: AppError) => {
      assert.equal(error.code, code);
      assert.match(`${error.message} ${error.fix}`, says);
      return true;
    });
});

it('refuses an address that holds a password, and a password file that cannot be read, without repeating either', async () => {
  await assert.rejects(open('memory://u:secret@h/'), (error) => {
    assert.ok(error instanceof AppError && error.code === 'STORE_PASSWORD_IN_ADDRESS');
    return !`${error.message} ${error.fix}`.includes('secret');
  });
  const missing = { address: 'memory:', passwordFile: join(root, 'none'), clock: fakeClock(), logger: silentLogger };
  await assert.rejects(openStorage(missing), isCode('STORE_PASSWORD_FILE'));
});

it('takes a plain connection for safe on this machine alone', () => {
  refusePlainConnection(['127.0.0.1', '127.8.9.1', '[::1]', '::1', 'localhost'], 'use TLS');
  for (const host of ['10.0.0.1', 'db.example', '[2001:db8::1]', '127.0.0.1.example'])
    assert.throws(() => refusePlainConnection(['127.0.0.1', host], 'use TLS'), isCode('STORE_NOT_ENCRYPTED'), host);
});

it('says what a server has and what it needs instead', () => {
  const error = incompatible(
    'Redis',
    'maxmemory-policy allkeys-lru',
    'maxmemory-policy noeviction',
    'CONFIG SET maxmemory-policy noeviction',
  );
  assert.ok(isCode('STORE_INCOMPATIBLE')(error));
  assert.match(`${error.message} ${error.fix}`, /allkeys-lru.*noeviction.*CONFIG SET/);
});

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}
