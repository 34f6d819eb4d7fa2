import { Default } from 'typebox/value';
import { AdapterLimits, type Adapter, type AdapterDocument, type CodeTable } from '../contract/node/adapter.ts';
import type { Changes } from '../changes/create-changes.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Bindings, BindingStore, TableSnapshot } from './interface.ts';
import { secretPlace } from './binding-documents.ts';
import { assertBound, openBindingStore, type BindingContents, type BindingStoreDeps } from './binding-store.ts';
import { openTableSnapshots, type TableSnapshots } from './table-snapshots.ts';

export interface BindingsDeps extends BindingStoreDeps {
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  /** Name of the running environment, for example `PROD`; selects the settings of each adapter. */
  readonly environment: string;
  readonly logger: Logger;
}

export interface RunningBindings {
  readonly bindings: Bindings;
  readonly store: BindingStore;
  /** Called after each change this process has loaded; returns a function that unsubscribes. */
  onChange(listener: () => void): () => void;
  stop(): Promise<void>;
}

const TOPIC = 'bindings';
/** How often everything is read again, in case the notification of a change was lost. */
const RELOAD_EVERY_MS = 60_000;

interface Loaded {
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly credentials: ReadonlyMap<string, string>;
  readonly secrets: BindingContents['secrets'];
  readonly tables: TableSnapshot;
}

/**
 * Serves adapters, secrets and code tables from memory. A change is stored first. Then this process loads everything
 * again and notifies the other processes. If a read fails, the previous state stays in use.
 */
export async function createBindings(deps: BindingsDeps): Promise<RunningBindings> {
  const { clock, logger, changes, seal } = deps;
  const listeners = new Set<() => void>();
  const snapshots = await openTableSnapshots(deps.documents);
  const opened = await openBindingStore(deps, async () => {
    await reload();
    await changes.announce(TOPIC, 'all');
  });
  let reloading = Promise.resolve();
  // Subscribe first, so that a change during the full read causes a second read.
  const unfollow = changes.follow(TOPIC, () => reload());
  let loaded = await load(await opened.readAll(), snapshots, deps.environment);
  let isStopped = false;

  /** Reads everything again. Reads run one after the other, so that an older state never replaces a newer one. */
  function reload(): Promise<void> {
    const next = reloading.then(async () => {
      if (isStopped) return;
      loaded = await load(await opened.readAll(), snapshots, deps.environment);
      for (const listener of listeners) listener();
    });
    reloading = next.catch((error: unknown) => logger.error('bindings.reload-failed', error));
    return next;
  }
  const reloadLogged = () => void reload().catch(() => {});
  let cancelTimer = clock.after(RELOAD_EVERY_MS, tick);
  function tick(): void {
    reloadLogged();
    cancelTimer = clock.after(RELOAD_EVERY_MS, tick);
  }

  const bindings: Bindings = {
    adapter: (adapterId) => loaded.adapters.get(adapterId),
    secret: async (adapterId) => openSecret(adapterId, loaded.credentials.get(adapterId), loaded, seal),

    tables: () => loaded.tables,
    tablesAt: async (id) => (id === loaded.tables.id ? loaded.tables : snapshots.at(id)),
  };
  const preview: BindingStore['preview'] = (document) => {
    const adapter = resolveAdapter(document, deps.environment)[0]?.[1];
    if (adapter === undefined) return undefined;
    return { adapter, secret: async () => openSecret(document.adapterId, document.credential, loaded, seal) };
  };
  return {
    bindings,
    store: { ...opened.store, preview },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      isStopped = true;
      cancelTimer();
      unfollow();
      await reloading;
    },
  };
}

async function load(contents: BindingContents, snapshots: TableSnapshots, environment: string): Promise<Loaded> {
  return {
    adapters: new Map(contents.adapters.flatMap((document) => resolveAdapter(document, environment))),
    credentials: new Map(
      contents.adapters.flatMap((document) =>
        document.credential === undefined ? [] : [[document.adapterId, document.credential] as const],
      ),
    ),
    secrets: contents.secrets,
    tables: await snapshots.pin(contents.tables as CodeTable[]),
  };
}

/**
 * Returns the adapter under its id, or nothing if it has no settings for this environment. It must never use another
 * environment's address.
 */
function resolveAdapter(document: AdapterDocument, environment: string): [string, Adapter][] {
  const settings = Object.hasOwn(document.environments, environment) ? document.environments[environment] : undefined;
  if (settings === undefined) return [];
  const limits = Default(AdapterLimits, { ...document.limits }) as AdapterLimits;
  return [
    [
      document.adapterId,
      Object.freeze({ adapterId: document.adapterId, protocol: document.protocol, settings, charset: document.charset, limits }),
    ],
  ];
}

function openSecret(adapterId: string, secretName: string | undefined, loaded: Loaded, seal: Seal): string {
  const document = secretName === undefined ? undefined : loaded.secrets.get(secretName);
  if (document === undefined) {
    throw new AppError(
      'SECRET_MISSING',
      'input',
      secretName === undefined ? `The adapter ${adapterId} has no credential.` : `There is no secret "${secretName}".`,
      {
        values: secretName === undefined ? { problem: 'no-credential', name: adapterId } : { name: secretName },
        fix:
          secretName === undefined
            ? 'Choose a credential in the adapter.'
            : 'Store it under this name, or choose another secret in the adapter.',
      },
    );
  }
  assertBound(document, adapterId);
  return seal.openText(secretPlace(document._id), document.sealed);
}
