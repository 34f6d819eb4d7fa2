import type { Changes } from '../changes/create-changes.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { FlowVersion } from '../contract/flow/flow-document.ts';
import type { Logger } from '../contract/values/observe.ts';
import { upgradeNodes } from '../flow/migrate-flow.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';
import { findAll, readVersion, type FlowStores, type PointerRecord } from './flow-stores.ts';

export interface PublishedFlowsDeps {
  readonly stores: FlowStores;
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  readonly nodes: NodeRegistry;
  /** `compileFlow` with bound dependencies. */
  compile(version: FlowVersion): CompiledFlow;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Called after a swap with the version that now serves, or undefined if the flow is no longer published. */
export type PublishedListener = (flowId: string, flow: CompiledFlow | undefined) => void | Promise<void>;

export interface RunningPublishedFlows extends PublishedFlows {
  /**
   * Flows whose published version could not be loaded here: flow id -> error. The previous version, if any, keeps
   * serving.
   */
  readonly failing: ReadonlyMap<string, unknown>;
  onChange(listener: PublishedListener): () => void;
  /**
   * Reads the pointer of a flow again, and swaps the version if it changed. Resolves when every listener has
   * finished. `ready` is the version if already compiled, so that a publication compiles only once.
   */
  refresh(flowId: string, ready?: CompiledFlow): Promise<void>;
  /** Asks the other processes to read that flow again. */
  hint(flowId: string): Promise<void>;
  stop(): Promise<void>;
}

const TOPIC = 'flows';
/** Pointers are read again this often, so a missed hint does not matter. */
const RELOAD_EVERY_MS = 15_000;
/** How many versions other than the current ones stay compiled. */
const MAX_OLD = 200;

/**
 * Published versions, compiled and kept in memory. If a version does not compile here, the previous one keeps
 * serving.
 */
export async function createPublishedFlows(deps: PublishedFlowsDeps): Promise<RunningPublishedFlows> {
  const { stores, changes, clock, logger } = deps;
  const current = new Map<string, CompiledFlow>();
  /** The pointer revision each flow has in this process. */
  const seen = new Map<string, number>();
  const failing = new Map<string, unknown>();
  const old = new Map<string, CompiledFlow>();
  const listeners = new Set<PublishedListener>();
  let list: readonly CompiledFlow[] = [];
  let isStopped = false;
  /** The last running turn of each flow. */
  const turns = new Map<string, Promise<unknown>>();

  const remember = (flow: CompiledFlow): CompiledFlow => {
    const name = `${flow.flowId}@${flow.version}`;
    old.delete(name);
    old.set(name, flow);
    if (old.size > MAX_OLD) old.delete(old.keys().next().value!);
    return flow;
  };
  const cached = (flowId: string, version: number): CompiledFlow | undefined => {
    const flow = current.get(flowId);
    return flow?.version === version ? flow : old.get(`${flowId}@${version}`);
  };
  const at = async (flowId: string, version: number): Promise<CompiledFlow> =>
    cached(flowId, version) ?? remember(await compileStored(deps, flowId, version));

  async function apply(flowId: string, pointer: PointerRecord | undefined, ready?: CompiledFlow): Promise<void> {
    if (pointer === undefined ? !seen.has(flowId) : seen.get(flowId) === pointer.revision) return;
    const before = current.get(flowId);
    if (pointer === undefined || pointer.version === null) {
      current.delete(flowId);
    } else {
      try {
        current.set(flowId, ready?.version === pointer.version ? ready : await at(flowId, pointer.version));
      } catch (error) {
        failing.set(flowId, error);
        logger.error('flow.version-unusable', error, { flowId, version: pointer.version });
        return;
      }
    }
    failing.delete(flowId);
    if (pointer === undefined) seen.delete(flowId);
    else seen.set(flowId, pointer.revision);
    if (before !== undefined) remember(before);
    list = [...current.values()];
    for (const listener of listeners) {
      await Promise.resolve(listener(flowId, current.get(flowId))).catch((error: unknown) =>
        logger.error('flow.swap-failed', error, { flowId }),
      );
    }
  }

  /**
   * Swaps of one flow run one after the other, so that an older read never replaces a newer one. Flows do not wait
   * for each other, because a listener may take seconds to stop.
   */
  function refresh(flowId: string, ready?: CompiledFlow): Promise<void> {
    const before = turns.get(flowId) ?? Promise.resolve();
    const mine = before.then(async () => apply(flowId, await stores.pointers.get(flowId), ready));
    const settled = mine
      .catch(() => undefined)
      .finally(() => {
        if (turns.get(flowId) === settled) turns.delete(flowId);
      });
    turns.set(flowId, settled);
    return mine;
  }
  /** The list only shows which pointers changed; each is read again in its own turn. */
  async function reloadAll(): Promise<void> {
    const revisions = new Map((await findAll(stores.pointers)).map(({ _id, revision }) => [_id, revision]));
    const moved = [...new Set([...revisions.keys(), ...seen.keys()])].filter((flowId) => revisions.get(flowId) !== seen.get(flowId));
    await Promise.all(moved.map((flowId) => refresh(flowId)));
  }
  /** A failure while the process stops is not logged. */
  async function reload(flowId?: string): Promise<void> {
    try {
      await (flowId === undefined ? reloadAll() : refresh(flowId));
    } catch (error) {
      if (!isStopped) logger.error('flow.reload-failed', error, flowId === undefined ? {} : { flowId });
      throw error;
    }
  }

  // Subscribe first: what is published during the full read is then read after it.
  const unfollow = changes.follow(TOPIC, reload);
  await reloadAll();
  let cancelTimer = clock.after(RELOAD_EVERY_MS, tick);
  function tick(): void {
    void reload().catch(() => {});
    cancelTimer = clock.after(RELOAD_EVERY_MS, tick);
  }

  return {
    current: (flowId) => current.get(flowId),
    list: () => list,
    at,
    cached,
    failing,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    hint: (flowId) => changes.announce(TOPIC, flowId),
    async stop() {
      isStopped = true;
      unfollow();
      cancelTimer();
      await Promise.all(turns.values());
    },
  };
}

/**
 * An old published version may name node majors that no longer exist. They are upgraded in memory; the stored version
 * does not change.
 */
async function compileStored({ stores, nodes, compile }: PublishedFlowsDeps, flowId: string, version: number): Promise<CompiledFlow> {
  const stored = await readVersion(stores, flowId, version);
  return compile({ ...stored, document: upgradeNodes(stored.document, nodes) });
}
