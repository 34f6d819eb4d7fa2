/** Enforcing the marks of a store that processes of the version before have used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { ACTOR, accountsSpec, openInstallation } from '../../support/guarded-processes.ts';

const ENFORCE = 'integrity.enforce';
const linesOf = async ({ audit }: { readonly audit: { list(query: object): Promise<{ readonly items: readonly object[] }> } }) =>
  ((await audit.list({ action: ENFORCE, limit: 10 })).items as readonly { actor: string; phase: string; outcome?: string }[])
    .map(({ actor, phase, outcome }) => [actor, phase, outcome])
    .reverse();

test('enforcing leaves its lines in the name of who asked, also when it is refused', async () => {
  const installation = openInstallation({ isUpgraded: true });
  const control = await installation.start('control');
  await (await installation.documents.open(accountsSpec)).insert({ _id: 'li' });
  const refusal = new AppError('INTEGRITY_OLDER_RUNS', 'input', 'Older ones run.');
  await assert.rejects(
    control.guard.enforce(ACTOR, () => Promise.reject(refusal)),
    refusal,
  );
  assert.equal(control.guard.isEnforced, false);
  await control.guard.enforce(ACTOR, () => Promise.resolve());
  assert.equal(control.guard.isEnforced, true);
  assert.deepEqual(await linesOf(control), [
    ['wang', 'intent', undefined],
    ['wang', 'result', 'INTEGRITY_OLDER_RUNS'],
    ['wang', 'intent', undefined],
    ['wang', 'result', 'done'],
  ]);
  await control.stop();
});

test('while the store is read only nothing is enforced', async () => {
  const installation = openInstallation({ isUpgraded: true });
  const first = await installation.start('control');
  await first.act('accounts.create', 'li', () => Promise.resolve());
  await first.stop();
  installation.file.head = { ...installation.file.head!, number: 99 };
  const control = await installation.start('control');
  await assert.rejects(
    control.guard.enforce(ACTOR, () => Promise.resolve()),
    { code: 'AUDIT_TRAIL_REFUSED' },
  );
  assert.deepEqual([control.guard.isEnforced, await linesOf(control)], [false, []]);
  await control.stop();
});
