/**
 * Remembers when each adapter and interface last responded, its last error, and since when it fails. Each has one
 * small document, so that a system that is down is still shown as down after a restart. Contains only ids, codes and
 * times.
 */
import { Type } from 'typebox';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { addCounts, type CallSums } from './sum-calls.ts';

export type CalledKind = 'adapter' | 'interface';

export interface CallMemory {
  /** Adds the stored history to the sums. Includes ids that no running process has called. */
  recall(kind: CalledKind, sums: CallSums): Promise<CallSums>;
  /**
   * Called when an adapter or interface was deleted. Its history ends, so a later one with the same id starts without
   * history.
   */
  end(kind: CalledKind, id: string): Promise<void>;
  /** Returns when the previous adapter or interface with this id was deleted; 0 if there was none. */
  since(kind: CalledKind, id: string): Promise<number>;
  /** Called when another process has ended the history of an adapter or interface. */
  readAgain(): void;
  start(): void;
  /** Stops writing regularly. Writes the changes that are not written yet. */
  stop(): Promise<void>;
}

export interface CallMemoryDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  /** Returns the counts of the calls that this process made. Only these are written. */
  own(kind: CalledKind): readonly CallCounts[];
  /** Returns the counts of all processes, including the stored history. */
  sums(kind: CalledKind): Promise<CallSums>;
}

type Known = Pick<CallCounts, 'lastOkAt' | 'lastAnswerAt' | 'lastError' | 'failures' | 'failingSince'>;

/** `_id` is `<kind>/<id>`. */
interface KnownCalls extends StoredDocument, Known {
  readonly at: number;
  /**
   * When an adapter or interface with this id was deleted. Earlier data belongs to that one, and not to a later one
   * with the same id.
   */
  readonly endedAt?: number;
  readonly expiresAt: number;
}

const callsSpec: CollectionSpec<KnownCalls> = {
  name: 'known_calls',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};

const WRITE_MS = 30_000;
const KEEP_MS = 30 * 86_400_000;
const MOST = 2_000;
const KINDS: readonly CalledKind[] = ['adapter', 'interface'];

export async function createCallMemory(deps: CallMemoryDeps): Promise<CallMemory> {
  return new StoredCallMemory(deps, await deps.documents.open(callsSpec));
}

class StoredCallMemory implements CallMemory {
  readonly #deps: CallMemoryDeps;
  readonly #stored: Collection<KnownCalls>;
  /** The counts of this process at its last write. */
  readonly #written = new Map<string, string>();
  #memory: { readonly at: number; readonly known: Map<string, KnownCalls> } | undefined;
  #cancel: () => void = () => undefined;

  constructor(deps: CallMemoryDeps, stored: Collection<KnownCalls>) {
    this.#deps = deps;
    this.#stored = stored;
  }

  async recall(kind: CalledKind, current: CallSums): Promise<CallSums> {
    const before = (await this.#knownOrLast()) ?? new Map<string, KnownCalls>();
    const together = new Map(current);
    for (const [key, document] of before) {
      if (!key.startsWith(`${kind}/`)) continue;
      const id = key.slice(kind.length + 1);
      const now = together.get(id);
      if (now !== undefined || document.endedAt === undefined) together.set(id, join(now, { id, ...document }));
    }
    return together;
  }

  async end(kind: CalledKind, id: string): Promise<void> {
    const _id = `${kind}/${id}`;
    const now = this.#deps.clock.now();
    const document: KnownCalls = { _id, failures: 0, at: now, endedAt: now, expiresAt: now + KEEP_MS };
    (await this.#knownOrLast())?.set(_id, document);
    this.#written.delete(_id);
    await this.#put(document);
  }

  async since(kind: CalledKind, id: string): Promise<number> {
    return (await this.#known()).get(`${kind}/${id}`)?.endedAt ?? 0;
  }

  readAgain(): void {
    if (!this.#deps.documents.isExclusive) this.#memory = undefined;
  }

  start(): void {
    this.#cancel = this.#deps.clock.after(WRITE_MS, () => {
      this.start();
      void this.#write();
    });
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#write();
  }

  /**
   * Returns the stored documents. If no other process uses the store, they are read once. Otherwise they are read
   * again, because other processes write them too.
   */
  async #known(): Promise<Map<string, KnownCalls>> {
    const { clock, documents } = this.#deps;
    if (this.#memory === undefined || (!documents.isExclusive && clock.monotonic() - this.#memory.at >= WRITE_MS)) {
      const found = await this.#stored.find({}, { limit: MOST });
      this.#memory = { at: clock.monotonic(), known: new Map(found.map((document) => [document._id, document])) };
    }
    return this.#memory.known;
  }

  /** Returns the stored documents; if the store fails, those that were read last. */
  #knownOrLast(): Promise<Map<string, KnownCalls> | undefined> {
    return this.#known().catch(() => this.#memory?.known);
  }

  async #write(): Promise<void> {
    try {
      for (const kind of KINDS) await this.#writeChanged(kind);
    } catch (error) {
      this.#deps.log.debug('process.calls_not_kept', { code: toErrorRecord(error).code });
    }
  }

  async #writeChanged(kind: CalledKind): Promise<void> {
    const texts = this.#deps.own(kind).map((counts) => [counts, JSON.stringify(knownOf(counts))] as const);
    const changed = texts.filter(([{ id }, text]) => text !== this.#written.get(`${kind}/${id}`));
    if (changed.length === 0) return;
    // Read first: if the history cannot be read, it must not be overwritten.
    const before = await this.#known();
    const all = await this.#deps.sums(kind);
    for (const [counts, text] of changed) {
      const _id = `${kind}/${counts.id}`;
      const now = this.#deps.clock.now();
      const endedAt = before.get(_id)?.endedAt;
      const ended = endedAt === undefined ? {} : { endedAt };
      await this.#put({ _id, ...knownOf(all.get(counts.id) ?? counts), at: now, ...ended, expiresAt: now + KEEP_MS });
      this.#written.set(_id, text);
    }
  }

  async #put(document: KnownCalls): Promise<void> {
    const { outcome } = await this.#stored.replaceIf(document, {});
    if (outcome === 'no-match') await this.#stored.insert(document);
  }
}

/** Leaves out the history from before `endedAt`. It belongs to a deleted adapter or interface that had the same id. */
function knownOf({ lastOkAt, lastAnswerAt, lastError, failures, failingSince }: Known, endedAt = 0): Known {
  const isAfter = (at: number | undefined): at is number => at !== undefined && at > endedAt;
  const hasFailed = endedAt === 0 || isAfter(lastError?.at);
  return {
    ...(isAfter(lastOkAt) ? { lastOkAt } : {}),
    ...(isAfter(lastAnswerAt) ? { lastAnswerAt } : {}),
    ...(lastError !== undefined && hasFailed ? { lastError } : {}),
    failures: hasFailed ? failures : 0,
    ...(failingSince !== undefined && hasFailed ? { failingSince: Math.max(failingSince, endedAt) } : {}),
  };
}

function join(now: CallCounts | undefined, { id, at, endedAt, ...document }: KnownCalls & { readonly id: string }): CallCounts {
  const before: CallCounts = { ...NOTHING, id, ...knownOf(document, endedAt) };
  if (now === undefined) return before;
  const { lastOkAt: _ok, lastAnswerAt: _answer, lastError: _error, failingSince, ...counts } = now;
  // If the current failures began before the last write, the stored number includes them. Do not count them twice.
  const isIn = failingSince !== undefined && failingSince <= at;
  return addCounts(
    { ...counts, ...knownOf(now, endedAt) },
    isIn ? { ...before, failures: Math.max(0, before.failures - now.failures) } : before,
  );
}

const NOTHING: Omit<CallCounts, 'id'> = {
  totals: [0, 0, 0, 0],
  perMinute: 0,
  recent: { calls: 0, refused: 0, failed: 0 },
  latency: [],
  failures: 0,
  active: 0,
  waiting: 0,
};
