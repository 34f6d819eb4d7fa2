/** PostgreSQL and Redis that speak TLS, with certificates of a private authority: who is let in, what is refused and how, and what a restart leaves. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AppError } from '../../engine/contract/values/errors.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import { openStorage, type Storage, type StorageOptions } from '../../storage/open-storage.ts';
import { eventually } from '../conformance/eventually.ts';
import { visitsSpec } from '../conformance/documents.ts';
import { freePort } from '../servers/free-port.ts';
import { startPostgres, type PostgresServer } from '../servers/postgres.ts';
import { startRedis, type RedisServer } from '../servers/redis.ts';
import { prepareApart, startRole } from '../support/apart.ts';
import { createAuthority } from '../support/certificates.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';

const BACK_MS = 60_000;

describe('servers that speak TLS', { skip: prepareApart() ?? false }, () => {
  let scratch: string;
  let postgres: PostgresServer;
  let redis: RedisServer;
  let plainRedis: RedisServer;
  let good: StorageOptions;
  const file = (name: string) => join(scratch, name);
  const ends: (() => Promise<unknown>)[] = [];

  before(async () => {
    scratch = await makeScratch();
    const authority = await createAuthority();
    const tls = await authority.issue('servers');
    [postgres, redis, plainRedis] = await Promise.all([startPostgres({ tls }), startRedis({ tls }), startRedis()]);
    await writeFile(file('ca.pem'), authority.ca);
    await writeFile(file('strangers-ca.pem'), (await createAuthority()).ca);
    good = {
      address: `${postgres.address}?sslmode=verify-full`,
      sharedAddress: redis.address,
      caFile: file('ca.pem'),
      kekFile: file('city.kek'),
      clock: wallClock(),
      logger: silentLogger,
    };
  });
  after(async () => {
    for (const end of ends) await end();
    await Promise.all([postgres.stop(), redis.stop(), plainRedis.stop()]);
    await removeScratch(scratch);
  });

  const environment = (caFile: string) => ({
    KQ_STORE_ADDRESS: good.address,
    KQ_SHARED_ADDRESS: good.sharedAddress!,
    KQ_SERVER_CA_FILE: caFile,
    KQ_KEK_FILE: file('city.kek'),
  });
  const start = (name: string, caFile: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const role = startRole(scratch, name, args, { ...environment(caFile), ...more });
    ends.push(() => role.end('SIGKILL'));
    return role;
  };

  it('documents, claims and rings go over TLS, and go on after both servers were restarted', async () => {
    const storage = await openStorage(good);
    ends.push(() => storage.close());
    const heard = await listen(storage);
    const visits = await storage.documents.open(visitsSpec('visits'));
    await visits.insert({ _id: 'a', note: 'before' });
    await storage.workQueue.ring(1);
    await eventually(() => heard.has(1));
    assert.equal(await storage.sharedState.claimOnce('nonce', 60_000, 'app', Date.now()), true);

    await Promise.all([postgres.restart(), redis.restart()]);
    await eventually(() => isDone(visits.insert({ _id: 'b', note: 'after' })), BACK_MS);
    await eventually(() => isDone(storage.sharedState.claimOnce('another', 60_000)), BACK_MS);
    await storage.workQueue.ring(2);
    await eventually(() => heard.has(2), BACK_MS);
    assert.deepEqual([(await visits.get('a'))?.note, (await visits.get('b'))?.note], ['before', 'after']);
  });

  it('knows a Redis that was emptied from a new one', async () => {
    const open = async () => {
      const storage = await openStorage(good);
      ends.push(() => storage.close());
      return storage.sharedState;
    };
    const before = await open();
    // It was restarted, and keeps nothing: so the installation is no new one.
    await assert.rejects(before.claimOnce('signed before', 60_000, 'app', Date.now()), { code: 'CLAIMS_FORGOTTEN' });
    await assert.rejects((await open()).claimOnce('signed then', 60_000, 'app', Date.now()), { code: 'CLAIMS_FORGOTTEN' });
  });

  it('doctor, worker and control know the authority, and are ready again after a restart of both', async () => {
    const doctor = start('doctor', file('ca.pem'), ['doctor']);
    await doctor.ended;
    assert.match(doctor.output(), /✓ store \(postgres\) responds[^]*✓ the shared state can be read and written/);
    const ports = { worker: await freePort(), control: await freePort() };
    const isReady = (role: keyof typeof ports) => async () =>
      (await fetch(`http://127.0.0.1:${ports[role]}/readyz`).catch(() => undefined))?.status === 200;
    start('worker', file('ca.pem'), ['worker'], { KQ_STATUS_PORT: String(ports.worker) });
    start('control', file('ca.pem'), ['control', '--control-port', '0'], { KQ_STATUS_PORT: String(ports.control) });
    for (const role of ['worker', 'control'] as const) await eventually(isReady(role), BACK_MS);
    await Promise.all([postgres.restart(), redis.restart()]);
    for (const role of ['worker', 'control'] as const) await eventually(isReady(role), BACK_MS);
  });

  it('a stranger for an authority ends worker and doctor with the setting that names the right one', async () => {
    const [doctor, worker] = [start('doctor', file('strangers-ca.pem'), ['doctor']), start('lost', file('strangers-ca.pem'), ['worker'])];
    assert.equal(await worker.ended, 1, worker.output());
    assert.match(worker.output(), /certificate of the PostgreSQL server is not trusted .*\[STORE_CERTIFICATE\][^]*KQ_SERVER_CA_FILE/);
    assert.equal(await doctor.ended, 1, doctor.output());
    const told = doctor
      .output()
      .match(/certificate of the (PostgreSQL|Redis) server is not trusted .*\[STORE_CERTIFICATE\]\n.*KQ_SERVER_CA_FILE/g);
    assert.equal(told?.length, 2, doctor.output());
  });

  it('every other mistake is refused with what to do', async () => {
    const otherName = (address: string) => address.replace('127.0.0.1', 'localhost');
    for (const [mistake, code, says] of [
      [{ caFile: undefined }, 'STORE_CERTIFICATE', /KQ_SERVER_CA_FILE/],
      [
        { address: otherName(good.address) },
        'STORE_CERTIFICATE',
        /PostgreSQL .*issued for other names \(IP Address:127\.0\.0\.1\).*Use the server name/,
      ],
      [{ sharedAddress: otherName(good.sharedAddress!) }, 'STORE_CERTIFICATE', /Redis .*issued for other names .*Use the server name/],
      [{ address: 'postgres://kq@db.example/bus?sslmode=disable' }, 'STORE_NOT_ENCRYPTED', /sslmode/],
      [{ sharedAddress: 'redis://redis.example' }, 'STORE_NOT_ENCRYPTED', /rediss:\/\//],
      [{ sharedAddress: redis.address.replace('rediss', 'redis') }, 'SHARED_STATE_DOWN', /use rediss:\/\//],
      [{ sharedAddress: plainRedis.address.replace('redis', 'rediss') }, 'SHARED_STATE_DOWN', /needs a port with TLS/],
    ] as const) {
      const { caFile, ...rest } = { ...good, ...mistake };
      await assert.rejects(openStorage(caFile === undefined ? rest : { ...rest, caFile }), (error: AppError) => {
        assert.equal(error.code, code, JSON.stringify(mistake));
        assert.match(`${error.message} ${error.fix}`, says);
        return true;
      });
    }
  });

  it('a Redis that demands certificates of its clients is told what to change', async () => {
    await redis.command('CONFIG', 'SET', 'tls-ca-cert-file', file('ca.pem'));
    await redis.command('CONFIG', 'SET', 'tls-auth-clients', 'yes');
    await assert.rejects(openStorage(good), (error: AppError) => {
      assert.equal(error.code, 'STORE_INCOMPATIBLE');
      return /requirement for client certificates.*tls-auth-clients no/.test(`${error.message} ${error.fix}`);
    });
  });
});

async function listen({ workQueue }: Storage): Promise<ReadonlySet<number>> {
  const heard = new Set<number>();
  await workQueue.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
  return heard;
}

/** False while the server is away. */
function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
