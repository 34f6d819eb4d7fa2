// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { storeMoving } from '../../../engine/transfer/store-mark.ts';
import { createLeases } from '../../../engine/ownership/leases.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { collect } from '../../conformance/blobs.ts';
import type { Storage } from '../../../storage/open-storage.ts';
import { clock, contents, fill, move, open, openEmpty } from './stores.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-move-'));
after(() => rm(root, { recursive: true }));
let made = 0;
const place = () => {
  const name = join(root, `${++made}`);
  return { address: `embedded:${name}`, kek: `${join(root, 'all')}.kek` };
};
await (await open(`embedded:${join(root, 'first')}`, join(root, 'all.kek'))).close();

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}

async function blobsOf(storage: Storage): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of storage.blobs.list(-60_000)) ids.push(id);
  return ids.sort();
}

/** A store with its key: the key file is made for the first and serves all, since no other was sealed before. */
async function filled(count: number) {
  const { address } = place();
  const kek = `${address.slice('embedded:'.length)}.kek`;
  const storage = await open(address, kek);
  await fill(storage, count);
  return { address, kek, storage };
}

it('moves documents, payloads, nonces and fencing numbers, and leaves a store that says where everything went', async () => {
  const { address, kek, storage } = await filled(500);
  const to = place().address;
  const target = await openEmpty(to);
  const before = await contents(storage.documents, 'visits');
  const blobs = await blobsOf(storage);
  const report = await move(storage, target, to);
  await target.close();
  await storage.close();

  const moved = await open(to, kek);
  assert.deepEqual(await contents(moved.documents, 'visits'), before);
  assert.deepEqual(await blobsOf(moved), blobs);
  assert.equal(Buffer.from(await collect(moved.blobs.get(blobs[0]!))).toString(), '影像0'.repeat(10_000));
  assert.equal(await moved.sharedState.claimOnce('nonce-1', 1000), false);
  assert.ok((await moved.sharedState.acquireLease('alarms', 'me', 1000))!.fencing > 1);
  assert.equal(report.collections.find(({ collection }) => collection === 'visits')?.documents, 500);
  assert.equal(report.blobs, 10);
  await moved.close();
  await assert.rejects(open(address, kek), isCode('STORE_MOVED'));
});

it('says of a move that is run again after its end that it has ended', async () => {
  const { storage } = await filled(10);
  const to = place().address;
  const target = await openEmpty(to);
  await move(storage, target, to);
  await assert.rejects(move(storage, target, to), (error) => {
    assert.ok(error instanceof AppError && error.code === 'STORE_MOVED');
    assert.equal(error.values['problem'], 'ended');
    assert.doesNotMatch(`${error.message} ${error.fix}`, /again/);
    return true;
  });
  await target.close();
  await storage.close();
});

it('leaves no lease with its holder of before, so that listeners listen at once on the new store', async () => {
  const { kek, storage } = await filled(10);
  const to = place().address;
  const target = await openEmpty(to);
  const leases = await createLeases({ documents: storage.documents, clock, log: silentLogger, processId: 'own_before' });
  await leases.start();
  const { fencing } = (await leases.acquire('trigger:flw_a'))!;
  await move(storage, target, to);
  await leases.stop();
  await target.close();
  await storage.close();

  const moved = await open(to, kek);
  const spec = { name: 'leases', schema: Type.Object({}, { additionalProperties: true }), indexes: [] };
  assert.deepEqual(await (await moved.documents.open(spec)).find({}, { limit: 10 }), [{ _id: 'trigger:flw_a', holder: '', fencing }]);
  await moved.close();
});

it('loses and doubles nothing of what is written while it moves', async () => {
  const { kek, storage } = await filled(300);
  const to = place().address;
  const target = await openEmpty(to);
  const visits = await storage.documents.open(visitsSpec('visits'));
  const stored = new Set<string>();
  let refused = 0;
  let isOver = false;
  const writers = Array.from({ length: 8 }, async (_, lane) => {
    for (let i = 0; !isOver; i++) {
      try {
        const _id = `n${lane}-${i}`;
        await visits.insert({ _id, card: `k${lane}-${i}`, bed: i } as never);
        stored.add(_id);
        // A unique key goes from one to the other, so that copies clash in between.
        await visits.patchIf(_id, {}, { unset: ['card'] });
        await visits.insert({ _id: `${_id}-b`, card: `k${lane}-${i}` } as never);
        stored.add(`${_id}-b`);
        await visits.remove(`v${(lane * 37 + i) % 300}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      } catch (error) {
        assert.ok(isCode('STORE_MOVING')(error), String(error));
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  });
  const report = await move(storage, target, to, {
    traffic: { gate: storage.gate, drain: async () => undefined, pause: () => storage.gate.refuse('everything', storeMoving) },
  });
  isOver = true;
  await Promise.all(writers);
  const before = await contents(storage.store.documents, 'visits');
  await target.close();
  await storage.close();

  const moved = await open(to, kek);
  assert.deepEqual(await contents(moved.documents, 'visits'), before);
  for (const id of stored) assert.ok(before.has(id), id);
  assert.ok(stored.size > 30 && refused > 0, `${stored.size} stored, ${refused} refused`);
  assert.ok(report.pausedMs < 10_000);
  await moved.close();
});

it('goes on with the old store when it is cancelled before the end, and ends when it is run again', async () => {
  const { address, kek, storage } = await filled(100);
  const to = place().address;
  const abort = new AbortController();
  const target = await openEmpty(to);
  const onProgress = ({ stage }: { stage: string }) => void (stage === 'last' && abort.abort());
  await assert.rejects(move(storage, target, to, { signal: abort.signal, onProgress }));
  await target.close();
  await assert.rejects(open(to, kek), isCode('STORE_RECEIVING'));
  await storage.close();

  const again = await open(address, kek);
  await (await again.documents.open(visitsSpec('visits'))).insert({ _id: 'later' });
  const second = await openEmpty(to);
  await move(again, second, to);
  await second.close();
  await again.close();
  const moved = await open(to, kek);
  assert.ok((await contents(moved.documents, 'visits')).has('later'));
  await moved.close();
});

it('refuses a store that holds something else', async () => {
  const { storage } = await filled(1);
  const other = await filled(1);
  await other.storage.close();
  const target = await openEmpty(other.address);
  await assert.rejects(move(storage, target, other.address), isCode('STORE_NOT_EMPTY'));
  await target.close();
  await storage.close();
});

const STAGES = ['copy', 'payloads', 'catch-up', 'compare', 'last', 'leave', 'enter', 'done'];
for (const stage of STAGES) {
  it(`killed at "${stage}": at most one store opens, and the same move again ends well`, async () => {
    const { address, kek, storage } = await filled(60);
    const before = await contents(storage.documents, 'visits');
    const blobs = await blobsOf(storage);
    await storage.close();
    const to = place().address;
    assert.equal(await runUntilKilled(address, to, kek, stage), 'SIGKILL');
    assert.ok((await opens(address, kek)) + (await opens(to, kek)) <= 1, 'both stores open');
    if (stage === 'done') assert.equal(await opens(to, kek), 1);
    else assert.equal(await runUntilKilled(address, to, kek, 'never'), 0);

    assert.deepEqual([await opens(address, kek), await opens(to, kek)], [0, 1]);
    const moved = await open(to, kek);
    assert.deepEqual(await contents(moved.documents, 'visits'), before);
    assert.deepEqual(await blobsOf(moved), blobs);
    await moved.close();
  });
}

async function opens(address: string, kek: string): Promise<number> {
  try {
    await (await open(address, kek)).close();
    return 1;
  } catch (error) {
    assert.ok(isCode('STORE_MOVED')(error) || isCode('STORE_RECEIVING')(error), String(error));
    return 0;
  }
}

function runUntilKilled(from: string, to: string, kek: string, stage: string): Promise<string | number> {
  const program = fileURLToPath(new URL('move-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, [program, from, to, kek, stage], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)));
}
