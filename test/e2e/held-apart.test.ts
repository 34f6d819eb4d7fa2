// @never-rerun: a single failure is a failure.
/** Control, worker and gateway as processes of their own on one PostgreSQL whose audit trail was cut: none begins work until it is accepted. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';

const skip = prepareApart();
let scratch: string;
let servers: ApartServers;
const roles: RoleProcess[] = [];

function start(name: string, ...args: string[]): RoleProcess {
  const role = startRole(scratch, name, args, servers.environment);
  roles.push(role);
  return role;
}
const startControl = () => start('control', 'control', '--control-port', '0');

before(async () => {
  if (skip !== undefined) return;
  scratch = await makeScratch();
  servers = await startApartServers(scratch);
});
after(async () => {
  for (const { child } of roles) child.kill('SIGKILL');
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

async function cutTail(): Promise<void> {
  const storage = await openStorage({
    address: servers.directStoreAddress,
    sharedAddress: servers.directSharedAddress,
    kekFile: servers.environment['KQ_KEK_FILE']!,
    clock: systemClock,
    logger: silentLogger,
  });
  const audit = await storage.gate.documents.open({
    name: 'audit',
    schema: {},
    indexes: [
      { name: 'chain', fields: ['chain', 'number'], unique: true },
      { name: 'by_actor', fields: ['actor', 'at'] },
      { name: 'by_action', fields: ['action', 'at'] },
    ],
  });
  const [last] = await audit.find({}, { sort: ['-number'], limit: 1 });
  assert.equal(await audit.remove(last!._id), true);
  await storage.close();
}

test('a trail that was cut holds worker and gateway until it is accepted at the machine of control', { skip }, async () => {
  const first = startControl();
  await first.says(/control\.listening/);
  await first.end('SIGTERM');
  await cutTail();
  const control = startControl();
  await control.says(/audit\.trail-refused/);
  await control.says(/control\.listening/);
  const [worker, gateway] = [start('worker', 'worker'), start('open', 'gateway', '--front', 'open', '--open-port', '0')];
  await Promise.all([worker, gateway].map((role) => role.says(/audit\.trail-refused/)));
  await gateway.says(/gateway\.ready/);
  assert.doesNotMatch(worker.output(), /worker\.ready/);
  assert.doesNotMatch(gateway.output(), /gateway\.engine-open/);
  const accepting = start('control', 'verify', '--offline', '--accept', '已核对', '--lang', 'en');
  assert.equal(await accepting.ended, 0, accepting.output());
  await Promise.all([worker.says(/worker\.ready/), gateway.says(/gateway\.engine-open/), control.says(/audit\.trail-released/)]);
});
