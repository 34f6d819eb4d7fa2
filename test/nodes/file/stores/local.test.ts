import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFileAccess } from '../../../../engine/outbound/create-file-access.ts';
import { chunksOf, failsWith, openTarget, readAll, storeConformance } from './conformance.ts';

function scratchFolder() {
  const files = realpathSync(mkdtempSync(join(tmpdir(), 'kq-files-')));
  const settings = { kind: 'local', folder: files } as const;
  return { files, settings, credential: '', stop: async () => rmSync(files, { recursive: true, force: true }) };
}

storeConformance('a local folder', { start: async () => scratchFolder() });

test('a local folder: no path and no link leads out of the allowed folders, or out of the folder of the adapter', async (t) => {
  const lab = scratchFolder();
  t.after(lab.stop);
  const [inside, beside, outside] = ['allowed/in', 'allowed/beside', 'outside'].map((name) => join(lab.files, name));
  for (const folder of [inside!, beside!, outside!]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(outside!, 'secret'), 'x');
  writeFileSync(join(beside!, 'secret'), 'x');
  symlinkSync(outside!, join(inside!, 'out'));
  symlinkSync(beside!, join(inside!, 'other'));
  symlinkSync(join(outside!, 'secret'), join(inside!, 'file'));
  const files = createFileAccess({ roots: [join(lab.files, 'allowed')], forbidden: [] });
  const store = await openTarget({ settings: { kind: 'local', folder: inside! }, credential: '' }, { files });
  const refusedLink = failsWith('FILE_REFUSED', 'input');
  const refusedRoot = failsWith('FILE_OUTSIDE_ROOTS', 'input');
  await assert.rejects(readAll(store.read('out/secret', 0)), refusedRoot);
  await assert.rejects(readAll(store.read('file', 0)), refusedRoot);
  await assert.rejects(readAll(store.read('../../outside/secret', 0)), refusedRoot);
  await assert.rejects(readAll(store.read('other/secret', 0)), refusedLink);
  await assert.rejects(store.list('other'), refusedLink);
  await assert.rejects(store.write('out/new', chunksOf(Buffer.from('x')), 0), refusedRoot);
  await assert.rejects(store.remove('other/secret'), refusedLink);
  await assert.rejects(
    openTarget({ settings: { kind: 'local', folder: outside! }, credential: '' }, { files }).then((one) => one.list('')),
    refusedRoot,
  );
});

test('a local folder: a pipe is neither read nor written', async (t) => {
  const lab = scratchFolder();
  t.after(lab.stop);
  execFileSync('mkfifo', [join(lab.files, 'pipe')]);
  const store = await openTarget(lab);
  await assert.rejects(readAll(store.read('pipe', 0)), failsWith('FILE_REFUSED', 'input'));
  await assert.rejects(store.write('pipe', chunksOf(Buffer.from('x')), 0), { kind: 'input' });
});
