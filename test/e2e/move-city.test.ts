// @never-rerun: a single failure is a failure.
/** The example city moves from its embedded store to a MongoDB protocol server and then to PostgreSQL, while the feed of the hospital and the calls of the city continue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalC, readJournal } from '../../examples/city/hospital-c/hospital-c.ts';
import { prepareFerretdb, startFerretdb } from '../servers/ferretdb.ts';
import { preparePostgres, startPostgres } from '../servers/postgres.ts';
import { prepareRedis, startRedis } from '../servers/redis.ts';
import { openCity } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform } from '../support/platform-process.ts';
import { checkDelivery, delivered, FIRST_NUMBER, unfinishedExecutions, until } from './kill-feed.ts';

/** Between two messages of the feed. */
const INTERVAL_MS = 20;
/** Acknowledged on the new store before the next move, and before the end. */
const ON_EACH = 50;

test('a live city moves to MongoDB and on to PostgreSQL: same counts, same digests, every acknowledged message delivered once and in order', async (t) => {
  const missing = prepareRedis() ?? prepareFerretdb() ?? preparePostgres();
  if (missing !== undefined) return t.skip(missing);
  const scratch = await makeScratch();
  const ports = await choosePorts();
  await (await startPlatform({ scratch, ports, example: true })).end('SIGINT');
  const journal = join(scratch, 'acknowledged.ndjson');
  writeFileSync(journal, `${JSON.stringify({ number: FIRST_NUMBER - 1 })}\n`);
  const [mongo, postgres, redis] = await Promise.all([startFerretdb(), startPostgres(), startRedis()]);
  const district = await createDistrict({ port: ports.example + 4 });
  const hospital = createHospitalC({ port: ports.example + 575, journal, intervalMs: INTERVAL_MS });
  const platform = await startPlatform({ scratch, ports });
  t.after(async () => {
    await hospital.stop();
    await platform.end('SIGKILL');
    await district.stop();
    await Promise.all([mongo.stop(), postgres.stop(), redis.stop()]);
    await removeScratch(scratch);
  });
  const goesOn = async (on: string) => {
    const before = hospital.state().acknowledged;
    await until(() => hospital.state().acknowledged >= before + ON_EACH, `the feed goes on ${on}`);
  };

  const city = await openCity(platform);
  const person = await city.person(['system-admin']).finally(() => city.close());
  await goesOn('on the embedded store');
  for (const [name, address] of [
    ['MongoDB', mongo.address],
    ['PostgreSQL', postgres.address],
  ] as const) {
    const to = ['--to', address, '--to-shared-address', redis.address];
    const args = ['--data', platform.dataFolder, 'move', ...to, '--name', person.name, '--lang', 'en'];
    const { code, stdout, stderr } = await runCommand(args, `${person.password}\n`);
    assert.equal(code, 0, `to ${name}: ${stdout}\n${stderr}\n${platform.output().slice(-3000)}`);
    assert.match(stdout, /executions/, 'number and digest of each collection are shown');
    await goesOn(`on ${name}`);
  }
  await hospital.stop();
  const lines = readJournal(journal).slice(1);
  await until(() => delivered(lines, district.state()), 'every acknowledged message reaches the district');
  await until(async () => (await unfinishedExecutions(platform.dataFolder)) === 0, 'every execution completes');
  checkDelivery(lines, district.state());
});
