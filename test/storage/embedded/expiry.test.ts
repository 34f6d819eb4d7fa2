import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { eventually } from '../../conformance/eventually.ts';

it('keeps the file bounded by what lives, and gives the space back when little does', { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-expiry-'));
  const clock = fakeClock();
  const documents = await openEmbeddedDocuments({ folder, clock, logger: silentLogger });
  const visits = await documents.open(visitsSpec('visits'));
  const file = join(folder, 'store.sqlite');
  const sizes: number[] = [];
  for (let round = 0; round < 6; round++) {
    const endsAt = clock.now() + 60_000;
    await Promise.all(
      Array.from({ length: 3000 }, (_, i) =>
        visits.insert({ _id: `${round}-${i}`, note: 'x'.repeat(1500), tags: ['t', i], card: `${round}-${i}`, endsAt }),
      ),
    );
    await clock.advance(60_000);
    if (round === 5) break;
    await eventually(async () => {
      await clock.advance(50);
      return (await visits.count({})) === 0;
    }, 20_000);
    sizes.push((await stat(file)).size);
  }
  assert.ok(Math.max(...sizes) < 12_000_000, `sizes ${sizes.join(', ')}`);
  await eventually(async () => {
    await clock.advance(1000);
    return (await visits.count({})) === 0;
  }, 20_000);
  await eventually(async () => {
    await clock.advance(10_000);
    await visits.insert({ _id: `later${clock.now()}` });
    return (await stat(file)).size < 5_000_000;
  }, 30_000);
  await documents.close();
  await rm(folder, { recursive: true });
});
