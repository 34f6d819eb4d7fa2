import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import type { Relations } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';

/** Asks a provider for the ids that have a relation to a subject. Returns what it replied, as parsed JSON. */
export type AskProvider = (
  provider: InterfaceDocument,
  question: { readonly relation: string; readonly subject: string },
  about: { readonly traceId: string; readonly signal: AbortSignal },
) => Promise<unknown>;

export interface RelationsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly ask: AskProvider;
}

const KEEP_MS = 30_000;
/** A failure is remembered for a moment, so that a provider that is down is not asked for each request. */
const KEEP_FAILURE_MS = 1_000;
const TIMEOUT_MS = 2_000;
const MOST_ENTRIES = 10_000;
const MOST_IDS = 10_000;
const MOST_IDS_IN_ALL = 500_000;
const LONGEST_ID = 128;
const FAILING_FOR_MS = 300_000;
const MOST_FAILING = 100;
/** Questions in flight. A provider that hangs must not collect more. */
const MOST_ASKED = 256;

/** A provider whose last replies were of no use. */
export interface FailingProvider {
  readonly provider: string;
  readonly reason: string;
  readonly since: number;
}

export interface WatchedRelations extends Relations {
  /** Returns the providers that fail, and have failed within the last five minutes. */
  failing(): readonly FailingProvider[];
}

type Related = ReadonlySet<string> | undefined;

interface Entry {
  readonly related: Related;
  readonly endsAt: number;
}

/**
 * Looks relations up at interfaces of the platform and caches the results for 30 seconds, one question at a time for
 * each subject. A provider that fails, replies anything else than `{"ids": [...]}`, or takes more than 2 s relates
 * nobody.
 */
export function createRelations(deps: RelationsDeps): WatchedRelations {
  return new CachedRelations(deps);
}

class CachedRelations implements WatchedRelations {
  readonly #deps: RelationsDeps;
  readonly #warn: (fields: Readonly<Record<string, string>>) => void;
  /** In the order in which they were stored. */
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Map<string, Promise<Related>>();
  readonly #failing = new Map<string, { readonly reason: string; readonly since: number; readonly at: number }>();
  #ids = 0;

  constructor(deps: RelationsDeps) {
    this.#deps = deps;
    this.#warn = createThrottledWarning(deps.log, deps.clock, 'gateway.relation-failed');
  }

  related: Relations['related'] = ({ plan, traceId }, provider, relation, subject) => {
    const key = JSON.stringify([provider, relation, subject]);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.endsAt > this.#deps.clock.monotonic()) return Promise.resolve(entry.related);
    const running = this.#asked.get(key);
    if (running !== undefined) return running;
    const document = plan.interface(provider);
    if (document?.state !== 'online' || this.#asked.size >= MOST_ASKED) {
      this.#failed(provider, document?.state === 'online' ? 'busy' : 'offline');
      return Promise.resolve(undefined);
    }
    const asking = this.#ask(document, { relation, subject }, traceId).then((related) => {
      this.#asked.delete(key);
      this.#store(key, related);
      return related;
    });
    this.#asked.set(key, asking);
    return asking;
  };

  failing: WatchedRelations['failing'] = () => {
    const now = this.#deps.clock.now();
    for (const [provider, { at }] of this.#failing) if (now - at > FAILING_FOR_MS) this.#failing.delete(provider);
    return Array.from(this.#failing, ([provider, { reason, since }]) => ({ provider, reason, since }));
  };

  /** Never rejects. */
  async #ask(provider: InterfaceDocument, question: { relation: string; subject: string }, traceId: string): Promise<Related> {
    const { clock, metrics, ask } = this.#deps;
    const late = new AbortController();
    let cancel = () => {};
    const timeout = new Promise<'timeout'>((resolve) => {
      cancel = clock.after(TIMEOUT_MS, () => resolve('timeout'));
    });
    let reason = 'failed';
    try {
      const replied = await Promise.race([ask(provider, question, { traceId, signal: late.signal }), timeout]);
      const related = replied === 'timeout' ? undefined : toIds(replied);
      metrics.count('gateway_relations_total', { outcome: related === undefined ? 'failed' : 'found' });
      if (related !== undefined) {
        this.#failing.delete(provider.interfaceId);
        return related;
      }
      reason = replied === 'timeout' ? 'timeout' : 'malformed';
    } catch {
      metrics.count('gateway_relations_total', { outcome: 'failed' });
    } finally {
      cancel();
      late.abort();
    }
    this.#failed(provider.interfaceId, reason);
    return undefined;
  }

  #failed(provider: string, reason: string): void {
    this.#warn({ provider, reason });
    const at = this.#deps.clock.now();
    const known = this.#failing.get(provider);
    if (known === undefined && this.#failing.size >= MOST_FAILING) return;
    const isOver = known === undefined || at - known.at > FAILING_FOR_MS;
    this.#failing.set(provider, { reason, since: isOver ? at : known.since, at });
  }

  #store(key: string, related: Related): void {
    this.#forget(key);
    this.#entries.set(key, { related, endsAt: this.#deps.clock.monotonic() + (related === undefined ? KEEP_FAILURE_MS : KEEP_MS) });
    this.#ids += related?.size ?? 0;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_ENTRIES && this.#ids <= MOST_IDS_IN_ALL) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#ids -= this.#entries.get(key)?.related?.size ?? 0;
    this.#entries.delete(key);
  }
}

/** Returns the ids of a reply; undefined if it is not `{"ids": [text of up to 128 characters or whole number, …]}`. */
function toIds(replied: unknown): Related {
  const ids = isRecord(replied) ? replied['ids'] : undefined;
  if (!Array.isArray(ids) || ids.length > MOST_IDS) return undefined;
  const texts = ids.map((id: unknown) =>
    typeof id === 'string' && id.length <= LONGEST_ID ? id : Number.isSafeInteger(id) ? String(id) : undefined,
  );
  return texts.every((text) => text !== undefined) ? new Set(texts) : undefined;
}
