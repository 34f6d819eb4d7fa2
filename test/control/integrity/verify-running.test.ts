/** `verify` on a store in use, in which documents are created again with an id that was used before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteChange } from '../../../engine/integrity/mark-changes.ts';
import type { MemoryOperation } from '../../../storage/memory/memory-documents.ts';
import { accountsSpec, openInstallation } from '../../support/guarded-processes.ts';

const HOUR_MS = 3_600_000;

/** `between`: what others do once `verify` has read the trail, and before it reads the documents. */
async function openBusy() {
  const other = { between: undefined as (() => Promise<void>) | undefined };
  const installation = openInstallation({
    async onOperation({ kind, collection, phase }: MemoryOperation) {
      const { between } = other;
      if (between === undefined || kind !== 'find' || collection !== 'accounts' || phase !== 'before') return;
      other.between = undefined;
      await between();
    },
  });
  const control = await installation.start('control');
  const accounts = await control.integrity.documents.open(accountsSpec);
  for (const id of ['li', 'wang']) await control.act('accounts.create', id, () => accounts.insert({ _id: id }));
  const remove = (id: string) => control.act('accounts.remove', id, () => accounts.remove(id));
  return { installation, control, accounts, remove, other };
}

test('what is removed while verify runs is not reported as removed past Kangqiao', async () => {
  const { control, remove, other } = await openBusy();
  other.between = async () => void (await remove('li'));
  assert.deepEqual((await control.guard.verify()).findings, []);
  await control.stop();
});

test('nor is what an act is just removing, or what is removed and made again', async () => {
  const { control, accounts, remove, other } = await openBusy();
  const gone = Promise.withResolvers<void>();
  let removing: Promise<unknown> | undefined;
  other.between = async () => {
    removing = control.act('accounts.remove', 'li', async () => {
      await accounts.remove('li');
      await gone.promise;
    });
    while ((await accounts.get('li')) !== undefined) await Promise.resolve();
    await remove('wang');
    await control.act('accounts.create', 'wang', () => accounts.insert({ _id: 'wang' }));
  };
  assert.deepEqual((await control.guard.verify()).findings, []);
  gone.resolve();
  await removing;
  assert.deepEqual((await control.guard.verify()).findings, []);
  await control.stop();
});

test('what is removed past Kangqiao while verify runs is reported, until its removal is decided', async () => {
  const { installation, control, other } = await openBusy();
  const raw = await installation.documents.open(accountsSpec);
  other.between = async () => void (await raw.remove('li'));
  const found = (await control.guard.verify()).findings.map(({ id, why }) => `${id} ${why}`);
  assert.deepEqual(found, ['li removed']);
  await control.act('integrity.decide', 'accounts/li', async () => {
    const change = await control.guard.decide('accounts', 'li', 'remove');
    noteChange(change);
  });
  assert.deepEqual((await control.guard.verify()).findings, []);
  await control.stop();
});

test('a document that is made again after a start with an earlier clock is the last one, and its earlier copy is not', async () => {
  const { installation, control, remove } = await openBusy();
  const raw = await installation.documents.open(accountsSpec);
  const earlier = (await raw.get('li'))!;
  await remove('li');
  await control.stop();
  installation.clock.shiftWall(-HOUR_MS);
  const second = await installation.start('control');
  const accounts = await second.integrity.documents.open(accountsSpec);
  await second.act('accounts.create', 'li', () => accounts.insert({ _id: 'li' }));
  await second.stop();
  const third = await installation.start('control');
  assert.deepEqual(third.guard.findings(), []);
  await raw.replaceIf(earlier, {});
  const { findings } = await third.guard.verify();
  assert.deepEqual(
    findings.map(({ id, why }) => `${id} ${why}`),
    ['li old'],
  );
  await third.stop();
});

test('a decision counts also where the clock is earlier than the document', async () => {
  const { installation, control } = await openBusy();
  const raw = await installation.documents.open(accountsSpec);
  await control.stop();
  installation.clock.shiftWall(-HOUR_MS);
  await raw.remove('li');
  await raw.patchIf('wang', {}, { set: { roles: ['system-admin'] } });
  const second = await installation.start('control');
  const decide = (id: string, decision: 'keep' | 'remove') =>
    second.act('integrity.decide', `accounts/${id}`, async () => noteChange(await second.guard.decide('accounts', id, decision)));
  await decide('li', 'remove');
  await decide('wang', 'keep');
  await second.stop();
  const third = await installation.start('control');
  assert.deepEqual(third.guard.findings(), []);
  await third.stop();
});
