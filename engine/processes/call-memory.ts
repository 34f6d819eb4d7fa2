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
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { addCounts, type CallSums } from './sum-calls.ts';

export type CalledKind = 'adapter' | 'interface';

export interface CallMemory {
  /** Adds what was known before; includes ids not called since. */
  recall(kind: CalledKind, sums: CallSums): Promise<CallSums>;
  /** Called when it was deleted: its history ends, and a later one with the same id starts with none. */
  end(kind: CalledKind, id: string): Promise<void>;
  /** When the previous one with this id was deleted; 0 if there was none. */
  since(kind: CalledKind, id: string): Promise<number>;
  /** Called when another process ended one. */
  readAgain(): void;
  start(): void;
  /** Writes the changes that are not written yet. */
  stop(): Promise<void>;
}

export interface CallMemoryDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  /** This process's counts: it writes only what it called itself. */
  own(kind: CalledKind): readonly CallCounts[];
  /** The counts of all processes, with what was known before. */
  sums(kind: CalledKind): Promise<CallSums>;
}

type Known = Pick<CallCounts, 'lastOkAt' | 'lastAnswerAt' | 'lastError' | 'failures' | 'failingSince'>;

/** `_id` is `<kind>/<id>`. */
interface KnownCalls extends StoredDocument, Known {
  readonly at: number;
  /** When it was deleted: earlier data does not belong to the one that has its id now. */
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

export async function createCallMemory({ documents, clock, log, own, sums }: CallMemoryDeps): Promise<CallMemory> {
  const stored = await documents.open(callsSpec);
  /** What this process had counted at its last write. */
  const written = new Map<string, string>();
  let memory: { readonly at: number; readonly known: Map<string, KnownCalls> } | undefined;
  let cancel = () => {};

  /**
   * Reads the documents once if this process owns the store. On a shared store it reads them again, because other
   * processes write too.
   */
  async function known(): Promise<Map<string, KnownCalls>> {
    if (memory === undefined || (!documents.isExclusive && clock.monotonic() - memory.at >= WRITE_MS)) {
      const found = await stored.find({}, { limit: MOST });
      memory = { at: clock.monotonic(), known: new Map(found.map((document) => [document._id, document])) };
    }
    return memory.known;
  }

  async function put(document: KnownCalls): Promise<void> {
    const { outcome } = await stored.replaceIf(document, {});
    if (outcome === 'no-match') await stored.insert(document);
  }

  async function write(): Promise<void> {
    for (const kind of KINDS) {
      const changed = own(kind).filter((counts) => JSON.stringify(knownOf(counts)) !== written.get(`${kind}/${counts.id}`));
      if (changed.length === 0) continue;
      // If it cannot be read, do not overwrite it.
      const before = await known();
      const all = await sums(kind);
      for (const counts of changed) {
        const _id = `${kind}/${counts.id}`;
        const text = JSON.stringify(knownOf(counts));
        const now = clock.now();
        const endedAt = before.get(_id)?.endedAt;
        const ended = endedAt === undefined ? {} : { endedAt };
        await put({ _id, ...knownOf(all.get(counts.id) ?? counts), at: now, ...ended, expiresAt: now + KEEP_MS });
        written.set(_id, text);
      }
    }
  }

  const writeNow = () => write().catch((error: unknown) => log.debug('process.calls_not_kept', { code: toErrorRecord(error).code }));

  function schedule(): void {
    cancel = clock.after(WRITE_MS, () => {
      schedule();
      void writeNow();
    });
  }

  return {
    async recall(kind, current) {
      const before = await known().catch(() => memory?.known ?? new Map<string, KnownCalls>());
      const together = new Map(current);
      for (const [key, document] of before) {
        if (!key.startsWith(`${kind}/`)) continue;
        const id = key.slice(kind.length + 1);
        const now = together.get(id);
        if (now !== undefined || document.endedAt === undefined) together.set(id, join(now, { id, ...document }));
      }
      return together;
    },
    async end(kind, id) {
      const _id = `${kind}/${id}`;
      const now = clock.now();
      const document: KnownCalls = { _id, failures: 0, at: now, endedAt: now, expiresAt: now + KEEP_MS };
      (await known().catch(() => memory?.known))?.set(_id, document);
      written.delete(_id);
      await put(document);
    },
    since: async (kind, id) => (await known()).get(`${kind}/${id}`)?.endedAt ?? 0,
    readAgain: () => (memory = documents.isExclusive ? memory : undefined),
    start: schedule,
    async stop() {
      cancel();
      await writeNow();
    },
  };
}

/** After a deletion, keeps only what belongs to the one that has the id now. */
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
  // Failed attempts from before the write are included already.
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
