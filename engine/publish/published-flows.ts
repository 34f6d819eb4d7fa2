import type { Changes } from '../changes/create-changes.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { FlowVersion } from '../contract/flow/flow-document.ts';
import type { Logger } from '../contract/values/observe.ts';
import { upgradeNodes } from '../flow/migrate-flow.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';
import { findAll } from '../contract/ports/find-all.ts';
import { readVersion, type FlowStores, type PointerRecord } from './flow-stores.ts';

export interface PublishedFlowsDeps {
  readonly stores: FlowStores;
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  readonly nodes: NodeRegistry;
  /** Calls `compileFlow` with bound dependencies. */
  compile(version: FlowVersion): CompiledFlow;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Called after a change, with the version that now serves, or with undefined if the flow is no longer published. */
export type PublishedListener = (flowId: string, flow: CompiledFlow | undefined) => void | Promise<void>;

export interface RunningPublishedFlows extends PublishedFlows {
  /**
   * The errors, by flow id, of flows whose published version could not be loaded here. The previous version, if any,
   * keeps serving.
   */
  readonly failing: ReadonlyMap<string, unknown>;
  onChange(listener: PublishedListener): () => void;
  /**
   * Reads the pointer of a flow again, and switches to its version if it changed. Resolves when every listener has
   * finished. `ready` is the version if it is already compiled, so that a publication compiles it only once.
   */
  refresh(flowId: string, ready?: CompiledFlow): Promise<void>;
  /** Asks the other processes to read that flow again. */
  hint(flowId: string): Promise<void>;
  stop(): Promise<void>;
}

const TOPIC = 'flows';
/** How often pointers are read again, in case the notification of a change was lost. */
const RELOAD_EVERY_MS = 15_000;
/** How many versions other than the current ones stay compiled. */
const MAX_OLD = 200;

/** Keeps published versions compiled in memory. If a version does not compile here, the previous one keeps serving. */
export async function createPublishedFlows(deps: PublishedFlowsDeps): Promise<RunningPublishedFlows> {
  const flows = new FlowsInMemory(deps);
  await flows.start();
  return flows;
}

class FlowsInMemory implements RunningPublishedFlows {
  readonly failing = new Map<string, unknown>();
  readonly #deps: PublishedFlowsDeps;
  readonly #current = new Map<string, CompiledFlow>();
  /** The pointer revision that this process has loaded, by flow. */
  readonly #seen = new Map<string, number>();
  readonly #old = new Map<string, CompiledFlow>();
  readonly #listeners = new Set<PublishedListener>();
  #list: readonly CompiledFlow[] = [];
  /** By flow, the last refresh that runs or waits. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #isStopped = false;
  #unfollow: () => void = () => undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(deps: PublishedFlowsDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    // Subscribe first, so that a publication during the full read causes a second read.
    this.#unfollow = this.#deps.changes.follow(TOPIC, (flowId) => this.#reload(flowId));
    await this.#reloadAll();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unfollow();
    this.#cancelTimer();
    await Promise.all(this.#turns.values());
  }

  current(flowId: string): CompiledFlow | undefined {
    return this.#current.get(flowId);
  }

  list(): readonly CompiledFlow[] {
    return this.#list;
  }

  cached(flowId: string, version: number): CompiledFlow | undefined {
    const flow = this.#current.get(flowId);
    return flow?.version === version ? flow : this.#old.get(nameOf(flowId, version));
  }

  async at(flowId: string, version: number): Promise<CompiledFlow> {
    return this.cached(flowId, version) ?? this.#remember(await compileStored(this.#deps, flowId, version));
  }

  onChange(listener: PublishedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hint(flowId: string): Promise<void> {
    return this.#deps.changes.announce(TOPIC, flowId);
  }

  /**
   * Runs refreshes of one flow one after the other, so that an older read never replaces a newer one. Flows do not wait
   * for each other, because a listener may take seconds to stop.
   */
  refresh(flowId: string, ready?: CompiledFlow): Promise<void> {
    const before = this.#turns.get(flowId) ?? Promise.resolve();
    const mine = before.then(async () => this.#apply(flowId, await this.#deps.stores.pointers.get(flowId), ready));
    const settled = mine
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(flowId) === settled) this.#turns.delete(flowId);
      });
    this.#turns.set(flowId, settled);
    return mine;
  }

  #schedule(): void {
    this.#cancelTimer = this.#deps.clock.after(RELOAD_EVERY_MS, () => {
      void this.#reload().catch(() => {});
      this.#schedule();
    });
  }

  /** Reloads one flow or all flows. A failure while the process stops is not logged. */
  async #reload(flowId?: string): Promise<void> {
    try {
      await (flowId === undefined ? this.#reloadAll() : this.refresh(flowId));
    } catch (error) {
      if (!this.#isStopped) this.#deps.logger.error('flow.reload-failed', error, flowId === undefined ? {} : { flowId });
      throw error;
    }
  }

  /**
   * Refreshes the flows with a changed pointer. The list only shows which pointers changed; each refresh reads its
   * pointer again.
   */
  async #reloadAll(): Promise<void> {
    const revisions = new Map((await findAll(this.#deps.stores.pointers)).map(({ _id, revision }) => [_id, revision]));
    const flowIds = new Set([...revisions.keys(), ...this.#seen.keys()]);
    const moved = [...flowIds].filter((flowId) => revisions.get(flowId) !== this.#seen.get(flowId));
    await Promise.all(moved.map((flowId) => this.refresh(flowId)));
  }

  async #apply(flowId: string, pointer: PointerRecord | undefined, ready?: CompiledFlow): Promise<void> {
    if (this.#seen.get(flowId) === pointer?.revision) return;
    const before = this.#current.get(flowId);
    if (pointer === undefined || pointer.version === null) {
      this.#current.delete(flowId);
    } else {
      try {
        this.#current.set(flowId, ready?.version === pointer.version ? ready : await this.at(flowId, pointer.version));
      } catch (error) {
        this.failing.set(flowId, error);
        this.#deps.logger.error('flow.version-unusable', error, { flowId, version: pointer.version });
        return;
      }
    }
    this.failing.delete(flowId);
    if (pointer === undefined) this.#seen.delete(flowId);
    else this.#seen.set(flowId, pointer.revision);
    if (before !== undefined) this.#remember(before);
    this.#list = [...this.#current.values()];
    await this.#notifyListeners(flowId);
  }

  async #notifyListeners(flowId: string): Promise<void> {
    for (const listener of this.#listeners) {
      await Promise.resolve(listener(flowId, this.#current.get(flowId))).catch((error: unknown) =>
        this.#deps.logger.error('flow.swap-failed', error, { flowId }),
      );
    }
  }

  #remember(flow: CompiledFlow): CompiledFlow {
    const name = nameOf(flow.flowId, flow.version);
    this.#old.delete(name);
    this.#old.set(name, flow);
    if (this.#old.size > MAX_OLD) this.#old.delete(this.#old.keys().next().value!);
    return flow;
  }
}

function nameOf(flowId: string, version: number): string {
  return `${flowId}@${version}`;
}

/**
 * Compiles a stored version. An old version may have nodes with major versions that no longer exist. These nodes are
 * upgraded in memory; the stored version does not change.
 */
async function compileStored({ stores, nodes, compile }: PublishedFlowsDeps, flowId: string, version: number): Promise<CompiledFlow> {
  const stored = await readVersion(stores, flowId, version);
  return compile({ ...stored, document: upgradeNodes(stored.document, nodes) });
}
