/**
 * The state of flows in the store. A change is one conditional write of the entry. The entry names its newest change
 * (`act`) with the result; before another change takes its place, the older one is written to `flow_state_acts`. So a
 * step that runs again finds its own change in one of the two places, and changes nothing.
 */
import { Type } from 'typebox';
import type { FlowState, StateChange, StateEntry } from '../contract/node/flow-state.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { sleep, type Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Seal } from '../contract/values/seal.ts';
import { RoughCount } from './rough-count.ts';

interface EntryDocument extends StoredDocument {
  readonly domain: string;
  readonly store: string;
  readonly revision: number;
  /** Token of the newest change. */
  readonly act: string;
  /** A `Content`, sealed. */
  readonly sealed: string;
  readonly expiresAt: number;
}

interface ActDocument extends StoredDocument {
  readonly sealed: string;
  readonly expiresAt: number;
}

/** `result` is what the newest change returned. A removed entry has no value. */
interface Content {
  readonly value?: unknown;
  readonly isThere: boolean;
  readonly result: unknown;
}

const withMore = { additionalProperties: true } as const;
const entriesSpec: CollectionSpec<EntryDocument> = {
  name: 'flow_state',
  schema: Type.Object({ _id: Type.String(), domain: Type.String(), store: Type.String(), revision: Type.Integer() }, withMore),
  indexes: [{ name: 'by_store', fields: ['domain', 'store'] }],
  expiresAt: 'expiresAt',
};
const actsSpec: CollectionSpec<ActDocument> = {
  name: 'flow_state_acts',
  schema: Type.Object({ _id: Type.String(), sealed: Type.String() }, withMore),
  indexes: [],
  expiresAt: 'expiresAt',
};

const MAX_KEY = 500;
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_ENTRIES = 200_000;
const ACT_MS = 7 * 86_400_000;
const MOST_ATTEMPTS = 20;
const RETRY_MS = 5;

export interface FlowStateStore {
  /** Returns the state of the flows of one domain. */
  of(domain: string): FlowState;
}

interface Deps {
  readonly entries: Collection<EntryDocument>;
  readonly acts: Collection<ActDocument>;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly sizes: RoughCount;
}

export async function openFlowState(documents: Documents, seal: Seal, clock: Clock): Promise<FlowStateStore> {
  const deps: Deps = {
    entries: await documents.open(entriesSpec),
    acts: await documents.open(actsSpec),
    seal,
    clock,
    sizes: new RoughCount(),
  };
  return { of: (domain) => new DomainState(domain, deps) };
}

/** What a change makes of the entry that is there; `undefined` leaves it as it is. */
type Step<Result> = (found: StateEntry | undefined) => { readonly result: Result; readonly entry?: StateEntry | 'removed' };

class DomainState implements FlowState {
  readonly #domain: string;
  readonly #deps: Deps;

  constructor(domain: string, deps: Deps) {
    this.#domain = domain;
    this.#deps = deps;
  }

  async get(store: string, key: string): Promise<StateEntry | undefined> {
    const document = await this.#deps.entries.get(this.#idOf(store, key));
    return document === undefined ? undefined : this.#entryOf(document);
  }

  put(
    store: string,
    key: string,
    value: unknown,
    { act, ttlMs, mode }: StateChange & { readonly mode: 'if-absent' | 'replace' },
  ): Promise<StateEntry & { readonly stored: boolean }> {
    checkValue(value);
    return this.#change<StateEntry & { readonly stored: boolean }>(store, key, act, (found) => {
      if (found !== undefined && mode === 'if-absent') return { result: { ...found, stored: false } };
      const entry = { value: value ?? null, expiresAt: this.#deps.clock.now() + ttlMs };
      return { entry, result: { ...entry, stored: true } };
    });
  }

  add(store: string, key: string, by: number, { act, ttlMs, renews }: StateChange & { readonly renews: boolean }): Promise<StateEntry> {
    return this.#change(store, key, act, (found) => {
      const before = found?.value ?? 0;
      const value = typeof before === 'number' ? before + by : Number.NaN;
      if (!Number.isSafeInteger(value)) throw stateValue('counter');
      const expiresAt = found === undefined || renews ? this.#deps.clock.now() + ttlMs : found.expiresAt;
      return { entry: { value, expiresAt }, result: { value, expiresAt } };
    });
  }

  remove(store: string, key: string, { act }: Pick<StateChange, 'act'>): Promise<boolean> {
    return this.#change(store, key, act, (found) => (found === undefined ? { result: false } : { entry: 'removed', result: true }));
  }

  /** Makes a change exactly once per `act`: another process may change the same entry at any moment. */
  async #change<Result>(store: string, key: string, act: string, step: Step<Result>): Promise<Result> {
    const { entries, seal, clock } = this.#deps;
    const id = this.#idOf(store, key);
    const token = seal.token('flow-state-act', `${id} ${act}`);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      // The entry is read before the older changes: a change leaves the entry only after it is among those.
      const document = await entries.get(id);
      if (document?.act === token) return this.#open(document).result as Result;
      const earlier = await this.#deps.acts.get(token);
      if (earlier !== undefined) return JSON.parse(seal.openText(placeOfAct(token), earlier.sealed)) as Result;
      const { entry, result } = step(document === undefined ? undefined : this.#entryOf(document));
      if (entry === undefined) return result;
      if (document === undefined) await this.#checkSize(store);
      else await this.#keepAct(document);
      if (await this.#write(id, store, document, token, entry, result)) return result;
      await sleep(clock, RETRY_MS * attempt);
    }
    throw new AppError('STATE_BUSY', 'transient', 'Too many steps change this entry of the state at once.', {
      fix: 'Try again; if it happens often, use several keys.',
    });
  }

  async #write(
    id: string,
    store: string,
    before: EntryDocument | undefined,
    act: string,
    entry: StateEntry | 'removed',
    result: unknown,
  ): Promise<boolean> {
    const { entries, seal, clock } = this.#deps;
    const content: Content = entry === 'removed' ? { isThere: false, result } : { isThere: true, value: entry.value, result };
    const document: EntryDocument = {
      _id: id,
      domain: this.#domain,
      store,
      revision: (before?.revision ?? 0) + 1,
      act,
      sealed: seal.seal(placeOf(id), JSON.stringify(content)),
      // A removed entry keeps its change as long as a step may run again.
      expiresAt: entry === 'removed' ? clock.now() + ACT_MS : entry.expiresAt,
    };
    if (before === undefined) return (await entries.insert(document, { durability: 'full' })).inserted;
    return (
      (await entries.replaceIf(document, { revision: before.revision, act: before.act }, { durability: 'full' })).outcome === 'patched'
    );
  }

  /** Writes the newest change of an entry to the older ones, before another takes its place. */
  async #keepAct(document: EntryDocument): Promise<void> {
    const { acts, seal, clock } = this.#deps;
    const sealed = seal.seal(placeOfAct(document.act), JSON.stringify(this.#open(document).result));
    await acts.insert({ _id: document.act, sealed, expiresAt: clock.now() + ACT_MS }, { durability: 'full' });
  }

  async #checkSize(store: string): Promise<void> {
    const { entries, sizes } = this.#deps;
    const count = () => entries.count({ domain: this.#domain, store }, MAX_ENTRIES);
    if (await sizes.isFull(`${this.#domain} ${store}`, MAX_ENTRIES, count)) {
      throw new AppError('STATE_FULL', 'input', `The store ${store} has ${MAX_ENTRIES} entries.`, {
        values: { store, limit: MAX_ENTRIES },
        fix: 'Let entries end sooner, or keep such data in a database.',
      });
    }
  }

  #entryOf(document: EntryDocument): StateEntry | undefined {
    if (document.expiresAt <= this.#deps.clock.now()) return undefined;
    const { isThere, value } = this.#open(document);
    return isThere ? { value, expiresAt: document.expiresAt } : undefined;
  }

  #open({ _id, sealed }: EntryDocument): Content {
    return JSON.parse(this.#deps.seal.openText(placeOf(_id), sealed)) as Content;
  }

  #idOf(store: string, key: string): string {
    if (key === '' || key.length > MAX_KEY || !key.isWellFormed()) {
      throw new AppError('STATE_KEY', 'input', `A key of the state has 1 to ${MAX_KEY} characters.`, {
        values: { limit: MAX_KEY },
        fix: 'Use a shorter key, for example a digest of the text.',
      });
    }
    return this.#deps.seal.token(`flow-state ${this.#domain} ${store}`, key);
  }
}

const placeOf = (id: string) => ({ collection: entriesSpec.name, id, field: 'sealed' });
const placeOfAct = (id: string) => ({ collection: actsSpec.name, id, field: 'sealed' });

function checkValue(value: unknown): void {
  if (value instanceof Uint8Array) throw stateValue('bytes');
  if (Buffer.byteLength(JSON.stringify(value) ?? '') > MAX_VALUE_BYTES) throw stateValue('size');
}

function stateValue(problem: 'counter' | 'size' | 'bytes'): AppError {
  const why = {
    counter: 'The entry is no counter, or would become too large.',
    size: 'The value has more than 64 KB as JSON.',
    bytes: 'The value is bytes.',
  };
  return new AppError('STATE_VALUE', 'input', why[problem], {
    values: { problem },
    fix: problem === 'counter' ? 'Use another key for the counter.' : 'Keep only what is needed, as text or JSON.',
  });
}
