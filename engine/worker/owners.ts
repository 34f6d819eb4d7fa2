/**
 * Who is alive. Each process that runs flows counts up one heartbeat document; an observer calls an owner dead when its counter stood still
 * for 15 s of the observer's own monotonic time. A process stops trusting itself earlier than others stop trusting it.
 * On an exclusive store every other owner is dead at once.
 */
import type { Clock } from '../contract/clock.ts';
import type { Logger } from '../contract/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkerDocument } from '../run/execution-document.ts';

export interface Owners {
  readonly self: string;
  /** False: this process must not send another byte of a write. */
  holdsLease(): boolean;
  isDead(owner: string): boolean;
  start(): Promise<void>;
  stop(): void;
}

export interface OwnersDeps {
  readonly workers: Collection<WorkerDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly self: string;
}

const BEAT_MS = 5_000;
const DEAD_AFTER_MS = 15_000;
/** Earlier than others give it up: the difference covers the way of a beat to the store and back. */
const TRUST_MS = 10_000;
const KEEP_MS = 86_400_000;

export function createOwners(deps: OwnersDeps): Owners {
  const { clock, workers, self } = deps;
  const seen = new Map<string, { beat: number; at: number }>();
  let trustedUntil = 0;
  let isStopped = false;
  let cancel: () => void = () => undefined;

  return {
    self,
    holdsLease: () => !isStopped && (deps.isExclusive || clock.monotonic() < trustedUntil),
    isDead,
    async start() {
      const startedAt = clock.now();
      const sentAt = clock.monotonic();
      await workers.insert({ _id: self, beat: 0, startedAt, expiresAt: startedAt + KEEP_MS });
      trustedUntil = sentAt + TRUST_MS;
      await observe();
      schedule();
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };

  function schedule(): void {
    cancel = clock.after(BEAT_MS, () => {
      void tick().finally(() => {
        if (!isStopped) schedule();
      });
    });
  }

  async function tick(): Promise<void> {
    try {
      const sentAt = clock.monotonic();
      const result = await workers.patchIf(self, {}, { inc: { beat: 1 }, set: { expiresAt: clock.now() + KEEP_MS } });
      if (result.outcome === 'patched') trustedUntil = sentAt + TRUST_MS;
      await observe();
    } catch (error) {
      deps.log.error('worker.beat_failed', error);
    }
  }

  async function observe(): Promise<void> {
    if (deps.isExclusive) return;
    const now = clock.monotonic();
    for (const worker of await workers.find({}, { limit: 1000 })) {
      if (seen.get(worker._id)?.beat !== worker.beat) seen.set(worker._id, { beat: worker.beat, at: now });
    }
  }

  function isDead(owner: string): boolean {
    if (owner === self) return false;
    if (deps.isExclusive) return true;
    const now = clock.monotonic();
    const observed = seen.get(owner);
    // Never seen: its document is gone or not yet read; the watch begins now.
    if (!observed) seen.set(owner, { beat: -1, at: now });
    return observed !== undefined && now - observed.at >= DEAD_AFTER_MS;
  }
}
