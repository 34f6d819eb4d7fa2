import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Type } from 'typebox';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { documentsConformance } from '../../conformance/documents.ts';

documentsConformance('the embedded store', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-store-'));
  const documents = await openEmbeddedDocuments({ folder, clock, logger: silentLogger });
  return {
    documents,
    async close() {
      await documents.close();
      await rm(folder, { recursive: true });
    },
  };
});

test('its files are for this user alone, also those that were open to others', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-private-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const open = () => openEmbeddedDocuments({ folder, clock: fakeClock(), logger: silentLogger });
  for (let round = 0; round < 2; round++) {
    const documents = await open();
    t.after(() => documents.close().catch(() => undefined));
    await (await documents.open({ name: 'a', schema: Type.Object({ _id: Type.String() }), indexes: [] })).insert({ _id: `${round}` });
    const files = await readdir(folder);
    assert.ok(
      files.some((file) => file.endsWith('-wal')),
      files.join(),
    );
    for (const file of files) assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    await documents.close();
    for (const file of await readdir(folder)) await chmod(join(folder, file), 0o644);
  }
});
