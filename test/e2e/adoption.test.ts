/** The data folder of version 0.1.0, which knows no marks: adopted once, everything readable, also when the process is killed in the middle. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { copyHome, openGuarded } from '../support/guarded-system.ts';
import { editStore } from '../support/edit-store.ts';
import { stripMarks } from '../support/strip-marks.ts';

const CHILD = fileURLToPath(new URL('../support/adopt-until.ts', import.meta.url));
const root = await mkdtemp(join(tmpdir(), 'kq-adoption-'));
const old = join(root, 'old');
const NAMES = Array.from({ length: 20 }, (_, index) => `person${index}`);
after(() => rm(root, { recursive: true }));

before(async () => {
  const system = await openGuarded(old);
  for (const name of NAMES) await system.control.run('accounts.create', { name, displayName: name, roles: ['viewer'] });
  await system.stop();
  stripMarks(old);
});

async function names(home: string): Promise<{ readonly names: readonly string[]; readonly findings: number; readonly lines: number }> {
  const system = await openGuarded(home);
  const { items } = (await system.control.run('accounts.list', {})) as { items: { name: string }[] };
  assert.equal(system.guard.isEnforced, true);
  assert.equal(system.guard.trailProblem(), undefined);
  const findings = system.guard.findings().length;
  await system.stop();
  const lines = editStore(join(home, 'store'), (store) => store.all('audit').filter(({ action }) => action === 'integrity.enforce').length);
  return { names: items.map(({ name }) => name), findings, lines };
}

const everybody = [...NAMES, 'admin'].sort();

test('a data folder of the version before is adopted once, by an audited step, and everything in it stays readable', async () => {
  const home = join(root, 'once');
  await copyHome(old, home);
  assert.deepEqual(await names(home), { names: everybody, findings: 0, lines: 2 });
  assert.deepEqual(await names(home), { names: everybody, findings: 0, lines: 2 }, 'and never again');
  editStore(join(home, 'store'), (store) => store.change('accounts', 'person3', ({ _mark, ...account }) => account));
  const { names: left, findings } = await names(home);
  assert.deepEqual([left.includes('person3'), findings], [false, 1], 'what has no mark then was put there by somebody else');
});

for (const atWrite of [1, 2, 3, 12, 22, 24, 25, 26])
  test(`killed at write ${atWrite} of the adoption, the next start goes on with it`, async () => {
    const home = join(root, `killed-${atWrite}`);
    await copyHome(old, home);
    const { signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', CHILD, home, String(atWrite)],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    assert.equal(signal, 'SIGKILL', `${stdout}${stderr}`);
    const { names: left, findings } = await names(home);
    assert.deepEqual([left, findings], [everybody, 0]);
  });
