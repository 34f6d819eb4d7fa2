import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFileAccess } from '../../../engine/outbound/create-file-access.ts';

test('adapters use files of the allowed folders only, also through links', async (t) => {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'kq-files-')));
  t.after(() => rm(base, { recursive: true }));
  const [root, other, own] = [join(base, 'root'), join(base, 'other'), join(base, 'root', 'own')];
  for (const folder of [root, other, own]) await mkdir(folder);
  await writeFile(join(root, 'a.db'), '');
  await writeFile(join(other, 'b.db'), '');
  await symlink(join(other, 'b.db'), join(root, 'link.db'));
  await symlink(other, join(root, 'linked'));
  await symlink(join(other, 'new.db'), join(root, 'dangling.db'));
  await symlink(join(root, 'a.db'), join(root, 'inner.db'));
  await symlink(root, join(base, 'alias'));
  const files = createFileAccess({ roots: [root, join(base, 'alias'), join(base, 'absent')], forbidden: [own, join(base, 'nothing')] });

  assert.equal(await files.resolve(join(root, 'a.db')), join(root, 'a.db'));
  assert.equal(await files.resolve(join(root, 'new.db')), join(root, 'new.db'));
  assert.equal(await files.resolve(join(root, 'inner.db')), join(root, 'a.db'));
  assert.equal(await files.resolve(join(base, 'alias', 'a.db')), join(root, 'a.db'));
  assert.equal(await files.resolve(root), root);
  for (const path of [
    join(other, 'b.db'),
    'root/a.db',
    `${root}/../other/b.db`,
    join(root, 'link.db'),
    join(root, 'linked', 'b.db'),
    join(root, 'dangling.db'),
    join(own, 'a.db'),
    `${root}-2/a.db`,
    '/etc/passwd',
  ])
    await assert.rejects(files.resolve(path), { code: 'FILE_OUTSIDE_ROOTS', kind: 'input' }, path);
  await assert.rejects(files.resolve(join(root, 'absent', 'a.db')), { code: 'FILE_FOLDER_MISSING' });
  await assert.rejects(createFileAccess({ roots: [], forbidden: [] }).resolve(join(root, 'a.db')), { code: 'FILE_OUTSIDE_ROOTS' });
});
