/** Opens the storage and the engine. `Life` closes them in reverse order when the process ends. */
import { hostname } from 'node:os';
import { createEngine, type Engine } from '../../engine/create-engine.ts';
import type { ProcessParts } from '../../engine/processes/process-document.ts';
import { ownFiles } from '../../engine/host/settings.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { readVersion } from '../shared/version.ts';
import { openGuard, type OpenedGuard } from './open-guard.ts';
import { ownPorts, storageSettings, type Host } from './open-host.ts';

export interface OpenedEngine extends OpenedGuard {
  readonly storage: Storage;
  readonly engine: Engine;
}

const NODES = new URL('../../nodes', import.meta.url);
/** Part of the drain time that is reserved for the parts that close after the engine. */
const CLOSING_MS = 1_000;
/** Commands whose processes write to the audit trail and sign its head. */
const KEEPS_HEAD = new Set(['start', 'control']);

/** Opens storage, guard and engine. `role` and `parts` are shown to other processes. */
export async function openEngine(host: Host, life: Life, role: string, parts?: () => ProcessParts): Promise<OpenedEngine> {
  const { settings, storeSecrets, clock, log, metrics, tracer, crypto } = host;
  const secrets = storeSecrets === undefined ? {} : { secrets: storeSecrets };
  const storage = await openStorage({ ...storageSettings(settings), ...secrets, clock, logger: log });
  life.own('storage', () => storage.close());
  if (storage.kek?.isNew) log.warn('storage.key_made', { file: storage.kek.file });
  const guarded = await openGuard(host, storage, KEEPS_HEAD.has(role));
  life.own('audit head', () => guarded.guard.stop());
  const engine = await createEngine({
    documents: storage.documents,
    workQueue: storage.workQueue,
    shared: storage.sharedState,
    blobs: storage.blobs,
    seal: storage.seal,
    boundSince: () => storage.integrity.boundSince(),
    serverTime: storage.store.serverTime,
    crypto,
    nodeFolders: [NODES],
    environment: settings.environment,
    outbound: { allowed: settings.outboundAllowed, ownPorts: ownPorts(settings) },
    files: { roots: settings.fileRoots, forbidden: ownFiles(settings) },
    tls: () => Promise.resolve(host.tls),
    clock,
    log,
    metrics,
    tracer,
    workerSlots: settings.workerSlots,
    ...(settings.archiveFolder === undefined ? {} : { archive: { folder: settings.archiveFolder, afterDays: settings.archiveAfterDays } }),
    serves: settings.serves,
    about: { role, version: readVersion(), host: hostname(), pid: process.pid, startedAt: Math.round(performance.timeOrigin) },
    ...(parts === undefined ? {} : { parts }),
  });
  life.own('engine', () => engine.stop(Math.max(CLOSING_MS, settings.drainMs - CLOSING_MS)));
  return { storage, engine, ...guarded };
}
