/**
 * Opens an engine as soon as its servers respond, for a process that must also serve without them. Until then, calls of
 * flows and of the shared state fail with a transient error, and callers may retry. While the store is read only, flows
 * stay unavailable and no new plans are read.
 */
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { ProcessParts } from '../../engine/processes/process-document.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { openEngine, type OpenedEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';

export interface LateEngine {
  readonly runFlow: RunFlow;
  readonly shared: SharedState;
  /** Seals with the data keys of the store. */
  readonly sharedSeal: Pick<Seal, 'seal' | 'open' | 'openText' | 'token'>;
  /** Returns the store; throws a transient error until it is open. */
  documents(): Documents;
  /**
   * Resolves when the engine is open, at the latest after `boundMs` milliseconds. Rejects if the first attempt failed
   * for a reason that a person must fix.
   */
  ready(boundMs: number): Promise<void>;
}

const RETRY_MS = 2_000;

export function openLateEngine(
  host: Host,
  life: Life,
  role: string,
  tell: () => ProcessParts,
  onOpen: (opened: OpenedEngine, life: Life) => Promise<void>,
): LateEngine {
  const { clock, log } = host;
  const first = Promise.withResolvers<void>();
  const parts: (() => Promise<void> | void)[] = [];
  const own: Life = { own: (_name, stop) => void parts.push(stop), end: () => life.end(), signal: life.signal };
  let opened: OpenedEngine | undefined;
  let shared: SharedState | undefined;
  let seal: Seal | undefined;
  let isStopped = false;
  let cancel = () => {};
  let trying = tryOpen();
  // Register the engine now, so that it stops after the gateways that use it: parts stop in reverse order.
  life.own('engine', async () => {
    isStopped = true;
    cancel();
    await trying;
    await closeParts();
  });

  async function tryOpen(): Promise<void> {
    try {
      const now = await openEngine(host, own, role, tell);
      shared = now.storage.sharedState;
      seal = now.storage.seal;
      await now.guard.released(life.signal);
      await onOpen(now, own);
      opened = now;
      log.info('gateway.engine-open');
      first.resolve();
    } catch (error) {
      await closeParts();
      const { code, kind } = toErrorRecord(error);
      if (kind !== 'transient') first.reject(error);
      log.warn('gateway.engine-waits', { code });
      if (!isStopped) cancel = clock.after(RETRY_MS, () => (trying = tryOpen()));
    }
  }

  async function closeParts(): Promise<void> {
    shared = undefined;
    seal = undefined;
    for (let stop = parts.pop(); stop; stop = parts.pop()) await stop();
  }

  const sharedNow = (): SharedState => shared ?? raise(down('SHARED_STATE_DOWN', 'The shared state'));
  const sealNow = (): Seal => seal ?? raise(down('STORE_DOWN', 'The store'));
  return {
    sharedSeal: {
      seal: (...given) => sealNow().seal(...given),
      open: (...given) => sealNow().open(...given),
      openText: (...given) => sealNow().openText(...given),
      token: (...given) => sealNow().token(...given),
    },
    runFlow: {
      mode: (flowId) => opened?.engine.runFlow.mode(flowId),
      readsQuery: (flowId) => opened?.engine.runFlow.readsQuery?.(flowId) === true,
      call: (call) => (opened ? opened.engine.runFlow.call(call) : raise(down('STORE_DOWN', 'The store'))),
    },
    documents: () => opened?.storage.documents ?? raise(down('STORE_DOWN', 'The store')),
    shared: {
      claimOnce: async (...given) => sharedNow().claimOnce(...given),
      increment: async (...given) => sharedNow().increment(...given),
      get: async (...given) => sharedNow().get(...given),
      set: async (...given) => sharedNow().set(...given),
      delete: async (...given) => sharedNow().delete(...given),
      deleteByTag: async (...given) => sharedNow().deleteByTag(...given),
      acquireLease: async (...given) => sharedNow().acquireLease(...given),
      releaseLease: async (...given) => sharedNow().releaseLease(...given),
      publish: async (...given) => sharedNow().publish(...given),
      subscribe: async (...given) => sharedNow().subscribe(...given),
      close: async () => undefined,
    },
    async ready(boundMs) {
      let cancelBound = () => {};
      const bound = new Promise<void>((resolve) => (cancelBound = clock.after(boundMs, resolve)));
      await Promise.race([first.promise, bound]).finally(() => cancelBound());
      // If the first attempt fails later, nobody handles the rejection. It must not end the process.
      first.promise.catch(() => undefined);
    },
  };
}

function raise(error: AppError): never {
  throw error;
}

function down(code: string, what: string): AppError {
  return new AppError(code, 'transient', `${what} does not respond yet.`, { fix: 'Try again in a moment.', retryAfterMs: 2_000 });
}
