/** An installation on a shared store: the feed's flow is published, and each process knows how to find everything. */
import { join } from 'node:path';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import { executionsSpec, lateOutcomesSpec, type ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { openStorage, type Storage } from '../../../storage/open-storage.ts';
import { adtFlow } from '../../bench/flows/adt-flow.ts';
import { freePort } from '../../servers/free-port.ts';
import { engineOn } from '../engine-on.ts';
import type { ProxiedServers } from '../proxied-servers.ts';

export interface Installation {
  readonly workers: readonly { readonly name: string; readonly environment: Readonly<Record<string, string>> }[];
  readonly control: Readonly<Record<string, string>>;
  /** Where the feed's listener may be: each worker listens on its own address, as on separate machines. */
  readonly feeds: readonly { readonly host: string; readonly port: number }[];
  readonly kekFile: string;
}

export interface Outcomes {
  readonly statuses: Readonly<Record<string, number>>;
  readonly open: number;
  readonly lateOutcomes: number;
  /** Of some that are open: what a person would look at first. */
  readonly unfinished: readonly unknown[];
}

export const CHAOS_FLOW = 'flw_chaos';
const HOSTS = ['127.0.0.2', '127.0.0.3'];
const PAGE = 1_000;

export async function prepareInstallation(servers: ProxiedServers, scratch: string, districtPort: number): Promise<Installation> {
  const kekFile = join(scratch, 'city.kek');
  const port = await freePort();
  const storage = await openDirectly(servers, kekFile);
  const engine = await engineOn(storage, 'W1');
  const names = { owner: 'chaos', domain: 'chaos' };
  const each = <T>(settings: (host: string, name: string) => T) =>
    Object.fromEntries(HOSTS.map((host, index) => [`W${index + 1}`, settings(host, `worker-${index + 1}`)]));
  const feed = (host: string) => ({ host, port, peers: ['127.0.0.0/8'] });
  const district = (_host: string, name: string) => ({ baseUrl: `http://127.0.0.1:${districtPort}/${name}` });
  await engine.bindings.store.saveAdapter(
    { adapterId: 'adp_feed', revision: 0, protocol: 'mllp', name: text('Feed'), ...names, environments: each(feed) },
    0,
  );
  const limits = { maxConcurrency: 64 };
  await engine.bindings.store.saveAdapter(
    { adapterId: 'adp_district', revision: 0, protocol: 'http', name: text('District'), ...names, environments: each(district), limits },
    0,
  );
  await engine.catalog.saveDraft(adtFlow(CHAOS_FLOW), 'chaos');
  await engine.catalog.publish(CHAOS_FLOW, 'chaos', AbortSignal.timeout(20_000));
  await engine.stop(1_000);
  await storage.close();
  const common = {
    ...{ KQ_STORE_ADDRESS: servers.storeAddress, KQ_SHARED_ADDRESS: servers.sharedAddress, KQ_KEK_FILE: kekFile },
    ...{ KQ_LOG_FORMAT: 'json', KQ_LOG_LEVEL: 'warn' },
  };
  return {
    workers: HOSTS.map((_, index) => ({
      name: `worker-${index + 1}`,
      environment: { ...common, KQ_ENVIRONMENT: `W${index + 1}`, KQ_LOG_LEVEL: 'info' },
    })),
    control: { ...common, KQ_CONTROL_PORT: '0', KQ_ENVIRONMENT: 'W1', KQ_REQUIRE_TOTP: 'false' },
    feeds: HOSTS.map((host) => ({ host, port })),
    kekFile,
  };
}

/** What the store holds at the end, past all proxies. */
export async function countOutcomes(servers: ProxiedServers, { kekFile }: Installation): Promise<Outcomes> {
  const storage = await openDirectly(servers, kekFile);
  try {
    const executions = await storage.documents.open(executionsSpec);
    const lateOutcomes = await storage.documents.open(lateOutcomesSpec);
    const open = await executions.count({ open: true }, 1_000_000);
    const late = await lateOutcomes.count({}, 1_000_000);
    if (open > 0) return { statuses: {}, open, lateOutcomes: late, unfinished: await unfinished(executions) };
    const statuses: Record<string, number> = {};
    for (let after: string | undefined; ;) {
      const page = await executions.find({ flowId: CHAOS_FLOW }, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { status } of page) statuses[status] = (statuses[status] ?? 0) + 1;
      if (page.length < PAGE) return { statuses, open, lateOutcomes: late, unfinished: [] };
      after = page.at(-1)!._id;
    }
  } finally {
    await storage.close();
  }
}

export async function countLateOutcomes(servers: ProxiedServers, { kekFile }: Installation): Promise<number> {
  const storage = await openDirectly(servers, kekFile);
  try {
    return await (await storage.documents.open(lateOutcomesSpec)).count({}, 1_000_000);
  } finally {
    await storage.close();
  }
}

async function unfinished(executions: Collection<ExecutionDocument>): Promise<readonly unknown[]> {
  const found = await executions.find({ open: true }, { limit: 5 });
  return found.map(({ _id, status, epoch, lease, due, held, error, part, acceptedAt }) => ({
    _id,
    status,
    epoch,
    lease,
    due,
    held,
    error,
    part,
    acceptedAt,
  }));
}

function openDirectly({ directStoreAddress, directSharedAddress }: ProxiedServers, kekFile: string): Promise<Storage> {
  return openStorage({
    address: directStoreAddress,
    sharedAddress: directSharedAddress,
    kekFile,
    clock: systemClock,
    logger: silentLogger,
  });
}

function text(name: string) {
  return { 'zh-CN': name, en: name };
}
