/** Stores with something in them, and traffic on them, for tests of what copies a store. */
import type { Documents, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { executionsSpec } from '../../../engine/execution/execution-document.ts';
import { openStorage, openTarget, type OpenedTarget, type Storage } from '../../../storage/open-storage.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { moveStore, type MoveOptions, type MoveReport } from '../../../engine/transfer/move-store.ts';

export const clock = wallClock();

export const open = (address: string, kekFile: string, isMarkIgnored = false): Promise<Storage> =>
  openStorage({ address, kekFile, clock, logger: silentLogger, isMarkIgnored });

export const openEmpty = (address: string): Promise<OpenedTarget> => openTarget({ address, clock, logger: silentLogger });

/** Visits with unique cards, open executions in a lane, payloads, a nonce. */
export async function fill(storage: Storage, count: number): Promise<void> {
  const visits = await storage.documents.open(visitsSpec('visits'));
  const executions = await storage.documents.open(executionsSpec);
  const one = async (i: number) => {
    await visits.insert({ _id: `v${i}`, card: `c${i}`, bed: i, note: storage.seal.seal(PLACE, `张三${i}`) } as never);
    if (i % 10 === 0) {
      const lane = { key: `p${i}`, seq: '000000000007.000000000001' };
      await executions.insert({ _id: `e${i}`, part: i % 64, open: true, flowId: 'flw_a', dedupe: `x:e${i}`, lane } as never);
    }
    if (i % 50 === 0) await storage.blobs.put(once(Buffer.from(`影像${i}`.repeat(10_000))), { limitBytes: 1e7 });
  };
  await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
  await storage.sharedState.claimOnce('nonce-1', 600_000, 'app');
  for (const holder of ['a', 'b']) {
    await storage.sharedState.acquireLease('alarms', holder, 1000);
    await storage.sharedState.releaseLease('alarms', holder);
  }
}

const PLACE = { collection: 'visits', id: 'v', field: 'note' };

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** All documents of a collection, by id. */
export async function contents(documents: Documents, name: string): Promise<Map<string, StoredDocument>> {
  const collection = await documents.open(name === 'executions' ? executionsSpec : (visitsSpec(name) as never));
  const found = new Map<string, StoredDocument>();
  for (let after: string | undefined; ;) {
    const page: readonly StoredDocument[] = await collection.find({}, { limit: 1000, ...(after === undefined ? {} : { after }) });
    for (const document of page) found.set(document._id, document);
    if (page.length < 1000) return found;
    after = page.at(-1)!._id;
  }
}

/** Moves as the product does it. */
export async function move(
  source: Storage,
  target: OpenedTarget,
  to: string,
  more: Partial<Pick<MoveOptions, 'traffic' | 'onProgress' | 'signal'>> = {},
): Promise<MoveReport> {
  const blobs = await target.store.openBlobs(source.dataKeys);
  return moveStore({
    source: { address: 'old', documents: source.store.documents, blobs: source.blobs, kept: source.kept },
    target: { address: to, documents: target.store.documents, blobs, sharedState: target.sharedState },
    clock,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });
}
