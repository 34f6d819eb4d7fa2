/** Storage, guard and control of one embedded store in this process: what an all-in-one start opens before it takes work. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { openGuard } from '../../cli/roots/open-guard.ts';
import { createControl, type Control } from '../../control/create-control.ts';
import type { StoreGuard } from '../../control/integrity/store-guard.ts';
import { createBindings } from '../../engine/bindings/create-bindings.ts';
import { createChanges } from '../../engine/changes/create-changes.ts';
import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { createLogger } from '../../engine/host/logger.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { createClient, defaultDeps, flow, type Client } from '../control/start-control.ts';

export interface GuardedSystem {
  readonly storage: Storage;
  readonly guard: StoreGuard;
  readonly control: Control;
  readonly client: () => Client;
  readonly log: () => string;
  stop(): Promise<void>;
}

const HTTP = defineAdapter({
  protocol: 'http',
  icon: 'globe',
  text: { label: { 'zh-CN': '甲', en: 'A' }, help: { 'zh-CN': '甲', en: 'A' } },
  settings: Type.Object({ baseUrl: Type.String({ minLength: 1 }) }),
  hasCharset: false,
});

/** `home` holds the store, its key and the head of its trail. */
export async function openGuarded(home: string): Promise<GuardedSystem> {
  const logFile = join(home, 'log');
  const logger = createLogger({ level: 'warn', format: 'json', write: (line) => appendFileSync(logFile, line) });
  const crypto = createSoftwareCrypto();
  const kekFile = join(home, 'kek');
  const storage = await openStorage({ address: `embedded:${join(home, 'store')}`, kekFile, clock: systemClock, logger });
  const host = { settings: { kekFile, auditHeadFile: join(home, 'audit-head') }, crypto, clock: systemClock, log: logger };
  const { guard, audit } = await openGuard(host, storage, true);
  const { documents, seal, sharedState: shared } = storage;
  const changes = await createChanges({ documents, shared, clock: systemClock, log: logger });
  const parts = { documents, seal, clock: systemClock, logger };
  const bindings = await createBindings({ ...parts, changes, environment: 'TEST', adapterTypes: [HTTP] });
  const own = { guard, openAudit: () => Promise.resolve(audit), bindings: bindings.bindings, bindingStore: bindings.store };
  const { deps } = defaultDeps({ ...parts, ...own, shared, crypto });
  await deps.catalog.saveDraft(flow('flw_a'), 'system');
  const control = await createControl(deps);
  return {
    ...{ storage, guard, control },
    client: () => createClient(control.address),
    log: () => readFileSync(logFile, 'utf8'),
    async stop() {
      await control.stop();
      await bindings.stop();
      changes.stop();
      await guard.stop();
      await storage.close();
    },
  };
}

export async function copyHome(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  rmSync(join(to, 'log'), { force: true });
}
