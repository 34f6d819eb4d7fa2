/** A store and a shared state behind proxies that misbehave when told to. */
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts';
import { prepareFerretdb, startFerretdb } from '../servers/ferretdb.ts';
import { prepareMongoJava, startMongoJava } from '../servers/mongo-java.ts';
import { preparePostgres, startPostgres } from '../servers/postgres.ts';
import { prepareRedis, startRedis } from '../servers/redis.ts';

export type StoreKind = 'postgres' | 'ferretdb' | 'mongo-java';

export interface ProxiedServers {
  /** Between every process and the store. */
  readonly toStore: FaultProxy;
  readonly toShared: FaultProxy;
  /** Through the proxies: what the processes are given. */
  readonly storeAddress: string;
  readonly sharedAddress: string;
  /** Past them. */
  readonly directStoreAddress: string;
  readonly directSharedAddress: string;
  flushShared(): Promise<void>;
  restartShared(): Promise<void>;
  /** Killed and started again on its data; a store that keeps none has its connections cut instead. */
  restartStore(): Promise<void>;
  cut(): Promise<void>;
  /** Each answers how to end it. */
  delay(): () => void;
  halfOpen(): () => void;
  heal(): void;
  stop(): Promise<void>;
}

const DELAY_MS = 150;

/** Why a store of this kind cannot be had here, or undefined when it can. */
export function prepareProxiedServers(kind: StoreKind): string | undefined {
  return prepareRedis() ?? { postgres: preparePostgres, ferretdb: prepareFerretdb, 'mongo-java': prepareMongoJava }[kind]();
}

export async function startProxiedServers(kind: StoreKind): Promise<ProxiedServers> {
  const store = await startStore(kind);
  const redis = await startRedis();
  const toStore = await startFaultProxy({ targetPort: store.port });
  const toShared = await startFaultProxy({ targetPort: redis.port });
  const proxies = [toStore, toShared];
  const heal = () => proxies.forEach((proxy) => proxy.heal());
  return {
    ...{ toStore, toShared },
    storeAddress: store.address.replace(`:${store.port}`, `:${toStore.port}`),
    sharedAddress: `redis://127.0.0.1:${toShared.port}`,
    directStoreAddress: store.address,
    directSharedAddress: redis.address,
    flushShared: async () => void (await redis.command('FLUSHALL')),
    async restartShared() {
      await redis.kill();
      await redis.restart();
    },
    async restartStore() {
      if (kind === 'mongo-java') return toStore.cut();
      await store.kill();
      await store.restart();
    },
    cut: () => Promise.resolve(proxies.forEach((proxy) => proxy.cut())),
    delay() {
      for (const proxy of proxies) proxy.delay(DELAY_MS);
      return heal;
    },
    halfOpen() {
      for (const proxy of proxies) proxy.swallow();
      return heal;
    },
    heal,
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await Promise.all([store.stop(), redis.stop()]);
    },
  };
}

function startStore(kind: StoreKind) {
  switch (kind) {
    case 'postgres':
      return startPostgres();
    case 'ferretdb':
      return startFerretdb();
    case 'mongo-java':
      return startMongoJava();
  }
}
