/** A payload that lies in a blob is named by an id: the row of one patient must not show what another row's id names. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Stored } from '../../../engine/execution/execution-document.ts';
import { createPayloads } from '../../../engine/execution/payloads.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { openStorage } from '../../../storage/open-storage.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-bound-'));
const storage = await openStorage({ address: `embedded:${join(root, 'store')}`, clock: systemClock, logger: silentLogger });
after(async () => {
  await storage.close();
  await rm(root, { recursive: true });
});
const { seal, blobs } = storage;
const large = (name: string) => ({ name, text: 'x'.repeat(100_000) });
const place = (id: string, field = 'input') => ({ collection: 'executions', id, field });
type InBlob = Extract<Stored, { blob: string }>;
const load = async (payloads: ReturnType<typeof createPayloads>, id: string, stored: Stored, field?: string) =>
  payloads.load(place(id, field), stored);

test('the id of another execution’s blob opens nothing, with its reference or without', async () => {
  const payloads = createPayloads(seal, blobs, () => storage.integrity.boundSince());
  const wang = (await payloads.store(place('exe_wang'), large('wang'))) as InBlob;
  const li = (await payloads.store(place('exe_li'), large('li'))) as InBlob;
  assert.deepEqual(await load(payloads, 'exe_li', li), large('li'));
  const { ref: _ref, ...bare } = wang;
  for (const moved of [wang, bare, { ...wang, ref: li.ref! }, { ...li, blob: wang.blob }])
    await assert.rejects(load(payloads, 'exe_li', moved), { code: 'SEAL_BROKEN' });
  await assert.rejects(load(payloads, 'exe_wang', wang, 'reply'), { code: 'SEAL_BROKEN' }, 'nor in another field');
  const small = { sealed: wang.ref! };
  await assert.rejects(load(payloads, 'exe_wang', small), { code: 'SEAL_BROKEN' }, 'a reference is no payload');
});

test('payloads that version 0.1.0 stored stay readable, and no later one passes for them', async () => {
  const old = createPayloads(seal, blobs);
  const { ref: _ref, ...stored } = (await old.store(place('exe_old'), large('old'))) as InBlob;
  assert.deepEqual(await load(old, 'exe_old', stored), large('old'), 'while such versions run');
  const since = systemClock.now() + 1;
  while (systemClock.now() < since) await new Promise((resolve) => setImmediate(resolve));
  const payloads = createPayloads(seal, blobs, () => since);
  assert.deepEqual(await load(payloads, 'exe_old', stored), large('old'));
  const { ref: _new, ...later } = (await payloads.store(place('exe_new'), large('new'))) as InBlob;
  await assert.rejects(load(payloads, 'exe_old', later), { code: 'SEAL_BROKEN' });
});
