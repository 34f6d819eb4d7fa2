/**
 * Tells processes that another process changed something they hold in memory: flows, bindings, the registry, the plan
 * of the gateways. Each topic has a counter in the store. After a change, a process increments the counter and sends a
 * hint through the shared state. The others receive the hint within milliseconds. If a hint is lost, they notice the
 * new counter within seconds. The counter is no guarantee: if a process crashes after its change but before it
 * increments the counter, the others only see the change when they next reload everything.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';

/**
 * `detail` is the id of what changed. If it is undefined, several changes may have been missed, so the listener must
 * reload everything. A listener that rejects, for example because the store failed, is called again later.
 */
export type ChangeListener = (detail: string | undefined) => void | Promise<void>;

export interface Changes {
  /** Announces a change. Call it after the change is stored. Never rejects. */
  announce(topic: string, detail: string): Promise<void>;
  /** Subscribes to changes of other processes; returns a function that unsubscribes. */
  follow(topic: string, listener: ChangeListener): () => void;
  stop(): void;
}

export interface ChangesDeps {
  readonly documents: Documents;
  readonly shared: SharedState;
  readonly clock: Clock;
  readonly log: Logger;
}

interface ChangeCounter extends StoredDocument {
  readonly number: number;
}

const changesSpec: CollectionSpec<ChangeCounter> = {
  name: 'changes',
  schema: Type.Object({ _id: Type.String(), number: Type.Integer() }, { additionalProperties: true }),
  indexes: [],
};

interface Hint {
  readonly topic: string;
  readonly number: number;
  readonly detail: string;
}

const CHANNEL = 'changes';
const POLL_MS = 2_000;
const MAX_TOPICS = 100;

export async function createChanges({ documents, shared, clock, log }: ChangesDeps): Promise<Changes> {
  const counters = await documents.open(changesSpec);
  const listeners = new Map<string, Set<ChangeListener>>();
  /** The number of the last change that this process has seen, by topic. */
  const seen = new Map<string, number>();
  let unsubscribe: (() => void) | undefined;
  let isStopped = false;
  let isQuiet = false;
  let cancel = () => {};

  const tell = (topic: string, detail: string | undefined) => {
    for (const listener of listeners.get(topic) ?? []) Promise.resolve(listener(detail)).catch(() => seen.delete(topic));
  };

  async function announce(topic: string, detail: string): Promise<void> {
    try {
      const number = await countUp(topic);
      if (number === (seen.get(topic) ?? 0) + 1) seen.set(topic, number);
      await shared.publish(CHANNEL, JSON.stringify({ topic, number, detail } satisfies Hint));
    } catch (error) {
      log.warn('changes.hint_lost', { topic, code: toErrorRecord(error).code });
    }
  }

  async function countUp(topic: string): Promise<number> {
    await counters.insert({ _id: topic, number: 0 });
    const result = await counters.patchIf(topic, {}, { inc: { number: 1 } });
    return result.outcome === 'patched' ? result.document.number : 0;
  }

  function hear(payload: string): void {
    const { topic, number, detail } = JSON.parse(payload) as Hint;
    const known = seen.get(topic) ?? 0;
    if (number <= known) return;
    seen.set(topic, number);
    tell(topic, number === known + 1 ? detail : undefined);
  }

  async function poll(): Promise<void> {
    unsubscribe ??= await shared.subscribe(CHANNEL, hear);
    for (const { _id: topic, number } of await counters.find({}, { limit: MAX_TOPICS })) {
      if (number <= (seen.get(topic) ?? 0)) continue;
      seen.set(topic, number);
      tell(topic, undefined);
    }
  }

  function schedule(): void {
    cancel = clock.after(POLL_MS, () => {
      void poll()
        .then(
          () => (isQuiet = false),
          (error: unknown) => {
            if (!isQuiet) log.warn('changes.unread', { code: toErrorRecord(error).code });
            isQuiet = true;
          },
        )
        .finally(() => (isStopped ? unsubscribe?.() : schedule()));
    });
  }

  // A store with only one process has no other writers, so there is nothing to poll.
  if (!documents.isExclusive) {
    await poll().catch((error: unknown) => log.warn('changes.unread', { code: toErrorRecord(error).code }));
    schedule();
  }
  return {
    announce,
    follow(topic, listener) {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
      return () => all.delete(listener);
    },
    stop() {
      isStopped = true;
      cancel();
      unsubscribe?.();
    },
  };
}
