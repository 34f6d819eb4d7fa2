/** Checks the store and the shared state: their connections, rights, keys, indexes and clocks. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import { silentLogger, type LogFields, type Logger } from '../../engine/contract/values/observe.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Settings } from '../../engine/host/settings.ts';
import { loadKek } from '../../engine/seal/load-kek.ts';
import { dataKeysSpec, openDataKeys } from '../../engine/seal/open-data-keys.ts';
import { openCollectionList } from '../../engine/transfer/collection-list.ts';
import { openStoreMarks, refuseMarked } from '../../engine/transfer/store-mark.ts';
import { openSharedAlone, openStore, type StorageOptions } from '../../storage/open-storage.ts';
import { good, hint, ofError, wrong, type Finding } from './finding.ts';

export interface StoreChecks {
  readonly settings: Settings;
  readonly storage: Omit<StorageOptions, 'clock' | 'logger'>;
  readonly clock: Clock;
  /** True if a Kangqiao process runs here and has the embedded store open. */
  readonly isRunning: boolean;
}

const STORE = ['存储', 'store'] as const;
const SHARED = ['共享状态', 'shared state'] as const;
/**
 * Maximum difference between clocks. Signed calls would allow 300 s, but leases and retention need clocks that agree
 * better.
 */
const CLOCK_LIMIT_MS = 5_000;

const probesSpec: CollectionSpec<StoredDocument> = { name: 'store_probes', schema: dataKeysSpec.schema, indexes: [] };

export async function checkStore(checks: StoreChecks): Promise<readonly Finding[]> {
  const { storage, clock, settings, isRunning } = checks;
  const repaired: LogFields[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (event, fields) => void (event.endsWith('index-created') && fields && repaired.push(fields)),
    child: () => logger,
  };
  let close = () => Promise.resolve();
  try {
    const store = await openStore({ ...storage, clock, logger });
    close = async () => {
      await store.ownShared?.close();
      await store.close();
    };
    const scheme = settings.storeAddress.split(':', 1)[0];
    const findings: Finding[] = [good(`存储（${scheme}）可连接，版本可用`, `store (${scheme}) responds and has a supported version`)];
    findings.push(...(await checkRights(store.documents)));
    refuseMarked(await (await openStoreMarks(store.documents)).read());
    for (const spec of (await openCollectionList(store.documents)).all()) await store.documents.open(spec);
    findings.push(...repaired.map(indexWasMissing), await checkKek(store.documents, settings.kekFile, clock));
    if (store.serverTime) findings.push(await checkClock(STORE, store.serverTime, clock));
    return findings;
  } catch (error) {
    if (isRunning && error instanceof AppError && error.code === 'STORE_LOCKED')
      return [good('存储正由运行中的进程使用', 'the store is in use by the running process')];
    return [ofError(STORE, error)];
  } finally {
    await close().catch(() => {});
  }
}

export async function checkShared({ storage, clock, settings }: StoreChecks): Promise<readonly Finding[]> {
  let close = () => Promise.resolve();
  try {
    const shared = await openSharedAlone({ ...storage, clock, logger: silentLogger });
    if (!shared) {
      if (/^(embedded|memory):/.test(settings.storeAddress)) return [];
      return [
        wrong(
          ['服务器上的存储需要共享状态', 'a store on a server needs a shared state'],
          ['将 KQ_SHARED_ADDRESS 指向 Redis。', 'Point KQ_SHARED_ADDRESS to a Redis.'],
        ),
      ];
    }
    close = () => shared.close();
    const key = createId('doctor');
    await shared.sharedState.set(key, 'x', { ttlMs: 10_000 });
    const found = await shared.sharedState.get(key);
    await shared.sharedState.delete(key);
    if (found !== 'x')
      return [wrong(['共享状态没有保存写入的值', 'the shared state did not keep what was written'], ['检查 Redis。', 'Check Redis.'])];
    const findings: Finding[] = [good('共享状态可读写，设置正确', 'the shared state can be read and written, and is configured correctly')];
    if (shared.serverTime) findings.push(await checkClock(SHARED, shared.serverTime, clock));
    return findings;
  } catch (error) {
    return [ofError(SHARED, error)];
  } finally {
    await close().catch(() => {});
  }
}

/** Checks the rights on the store: creates, reads and removes a document, as the product does. */
async function checkRights(documents: Documents): Promise<readonly Finding[]> {
  const probes = await documents.open(probesSpec);
  const _id = createId('doctor');
  await probes.insert({ _id }, { durability: 'full' });
  const found = await probes.get(_id);
  const isRemoved = await probes.remove(_id);
  if (found && isRemoved)
    return [good('存储可以建表、写入、读取、删除', 'documents can be created, written, read and removed in the store')];
  return [wrong(['存储没有保存写入的内容', 'the store did not keep what was written'], ['检查数据库。', 'Check the database.'])];
}

async function checkKek(documents: Documents, file: string, clock: Clock): Promise<Finding> {
  const isEmpty = (await (await documents.open(dataKeysSpec)).count({}, 1)) === 0;
  if (isEmpty) return hint(['存储是空的，首次启动时会生成主密钥', 'the store is empty: the first start creates the key-encryption key']);
  try {
    const { kek } = await loadKek(file, { mayCreate: false });
    await openDataKeys({ documents, kek, clock });
    return good(`主密钥 ${file} 与此存储匹配`, `the key-encryption key ${file} matches this store`);
  } catch (error) {
    return ofError(['主密钥', 'key-encryption key'], error);
  }
}

async function checkClock(where: readonly [string, string], serverTime: () => Promise<number>, clock: Clock): Promise<Finding> {
  const before = clock.now();
  const server = await serverTime();
  const offMs = Math.round(server - (before + clock.now()) / 2);
  if (Math.abs(offMs) <= CLOCK_LIMIT_MS)
    return good(`${where[0]}与本机的时钟相差 ${offMs} 毫秒`, `the clocks of ${where[1]} and this machine differ by ${offMs} ms`);
  const seconds = Math.round(Math.abs(offMs) / 1000);
  return wrong(
    [`${where[0]}与本机的时钟相差 ${seconds} 秒`, `the clocks of ${where[1]} and this machine differ by ${seconds} s`],
    [
      '在两台机器上启用时间同步（chrony 或 systemd-timesyncd）。',
      'Synchronise the clocks of both machines with NTP (chrony, systemd-timesyncd).',
    ],
  );
}

function indexWasMissing({ collection, index }: LogFields): Finding {
  const name = `${String(collection)}.${String(index)}`;
  return wrong(
    [`缺少索引 ${name}`, `the index ${name} was missing`],
    ['已重新建立；请查明是谁删除了它。', 'It has just been created again; find out who removed it.'],
  );
}
