/** Storage and engine on it, owned by the process's life: closed in reverse order. */
import { createEngine, type Engine } from '../../engine/create-engine.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { readVersion } from '../version.ts';
import { storageSettings, type Host } from './open-host.ts';

export interface OpenedEngine {
  readonly storage: Storage;
  readonly engine: Engine;
}

const NODES = new URL('../../nodes', import.meta.url);
/** Left to what is closed after the engine. */
const CLOSING_MS = 1_000;

/** `role`: what others read of this process. */
export async function openEngine(host: Host, life: Life, role: string): Promise<OpenedEngine> {
  const { settings, clock, log, metrics, tracer } = host;
  const storage = await openStorage({ ...storageSettings(settings), clock, logger: log });
  life.own('storage', () => storage.close());
  if (storage.kek?.isNew) log.warn('storage.key_made', { file: storage.kek.file });
  const engine = await createEngine({
    documents: storage.documents,
    workQueue: storage.workQueue,
    shared: storage.sharedState,
    blobs: storage.blobs,
    seal: storage.seal,
    nodeFolders: [NODES],
    environment: settings.environment,
    tls: () => Promise.resolve(host.tls),
    clock,
    log,
    metrics,
    tracer,
    workerSlots: settings.workerSlots,
    ...(settings.archiveFolder === undefined ? {} : { archive: { folder: settings.archiveFolder, afterDays: settings.archiveAfterDays } }),
    serves: settings.serves,
    about: { role, version: readVersion() },
  });
  life.own('engine', () => engine.stop(Math.max(CLOSING_MS, settings.drainMs - CLOSING_MS)));
  return { storage, engine };
}
