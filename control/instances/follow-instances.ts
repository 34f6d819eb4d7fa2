/**
 * Follows the lists of instances at registry centres. A list replaces the one before only if it is usable: not empty,
 * not too long, and with addresses that connections may go to. A lease makes sure that normally one process asks.
 */
import type { Bindings } from '../../engine/bindings/interface.ts';
import type { FindInstances } from '../../engine/contract/node/find-instances.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { InstanceSource } from '../../gateways/documents/upstream-target.ts';
import { listIdOf, type InstanceLists } from '../registry/instance-lists.ts';
import { sourcesOf } from '../registry/fill-in-instances.ts';
import { toUsable } from './to-usable.ts';

export interface FollowInstancesDeps {
  readonly lists: InstanceLists;
  readonly bindings: Pick<Bindings, 'adapter' | 'secret'>;
  readonly nodes: Pick<NodeRegistry, 'adapterTypes'>;
  readonly outbound: Pick<Outbound, 'guard'>;
  readonly shared: Pick<SharedState, 'acquireLease' | 'releaseLease'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the instances of a list changed. */
  onChange(): void;
}

/** How long a registry centre may wait for a change. */
const WAIT_MS = 30_000;
/** How often a registry centre is asked that does not wait. */
const EVERY_MS = 5_000;
/** The shortest pause between two questions, for a list that changes all the time. */
const LEAST_MS = 200;
const FIRST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 30_000;
/** Longer than a question takes, because each question renews it. */
const LEASE_MS = 90_000;
const LEASE = 'instances';

export class InstanceFollower {
  readonly #deps: FollowInstancesDeps;
  readonly #holder = createId('own');
  readonly #followed = new Map<string, { readonly end: AbortController; readonly done: Promise<void> }>();
  #isStopped = false;

  constructor(deps: FollowInstancesDeps) {
    this.#deps = deps;
  }

  /** Follows the sources of these interfaces, and no others. */
  follow(interfaces: readonly InterfaceDocument[]): void {
    if (this.#isStopped) return;
    const wanted = new Map(interfaces.flatMap(sourcesOf).map((source) => [listIdOf(source), source]));
    for (const [id, { end }] of this.#followed) {
      if (wanted.has(id)) continue;
      end.abort();
      this.#followed.delete(id);
    }
    for (const [id, source] of wanted) {
      if (this.#followed.has(id)) continue;
      const end = new AbortController();
      this.#followed.set(id, { end, done: this.#run(source, end.signal) });
    }
    const { lists, logger } = this.#deps;
    lists.retain(new Set(wanted.keys())).catch((error: unknown) => logger.error('instances.remove-failed', error));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { end } of this.#followed.values()) end.abort();
    await Promise.all([...this.#followed.values()].map(({ done }) => done));
    await this.#deps.shared.releaseLease(LEASE, this.#holder).catch(() => undefined);
  }

  async #run(source: InstanceSource, signal: AbortSignal): Promise<void> {
    let find: FindInstances | undefined;
    let cursor: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      let pauseMs = EVERY_MS;
      if (await this.#mayAsk()) {
        try {
          find ??= this.#finderOf(source);
          cursor = await this.#ask(find, source, cursor, signal);
          if (cursor !== undefined) pauseMs = LEAST_MS;
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          cursor = undefined;
          pauseMs = Math.min(FIRST_RETRY_MS * 2 ** failures++, MOST_RETRY_MS);
          if (failures === 1) find = undefined;
          await this.#note(source, error);
        }
      }
      await pause(pauseMs, signal, this.#deps.clock);
    }
  }

  async #ask(find: FindInstances, source: InstanceSource, cursor: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const { bindings, outbound, clock, lists, onChange } = this.#deps;
    const adapter = bindings.adapter(source.adapterId);
    if (adapter === undefined) throw noCentre(source);
    const secret = () => bindings.secret(source.adapterId);
    const answer = await find(source, { adapter, outbound: outbound.guard, signal, clock, cursor, waitMs: WAIT_MS, secret });
    const instances = await toUsable(answer.instances, source, this.#deps);
    if (!signal.aborted && (await lists.keep(source, instances))) onChange();
    return answer.cursor;
  }

  async #note(source: InstanceSource, error: unknown): Promise<void> {
    const { lists, logger } = this.#deps;
    const { code } = toErrorRecord(error);
    logger.warn('instances.not-read', { adapterId: source.adapterId, service: source.service, code });
    await lists.fail(source, code).catch((cause: unknown) => logger.error('instances.note-failed', cause));
  }

  #finderOf(source: InstanceSource): FindInstances {
    const { nodes, bindings } = this.#deps;
    const protocol = bindings.adapter(source.adapterId)?.protocol;
    const type = nodes.adapterTypes?.().find((one) => one.protocol === protocol);
    const find = type?.createFindInstances?.();
    if (find === undefined) throw noCentre(source);
    return find;
  }

  /** While the shared state is down, no process can take the lease, so every process asks. */
  async #mayAsk(): Promise<boolean> {
    return this.#deps.shared.acquireLease(LEASE, this.#holder, LEASE_MS).then(
      (lease) => lease !== undefined,
      () => true,
    );
  }
}

function pause(ms: number, signal: AbortSignal, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

function noCentre({ adapterId }: InstanceSource): AppError {
  return new AppError('REGISTRY_CENTRE_UNKNOWN', 'input', `${adapterId} is no registry centre in this environment.`, {
    values: { adapterId },
    fix: 'Choose an adapter of the protocol Registry centre that has settings for this environment.',
  });
}
