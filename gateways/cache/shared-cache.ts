import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { PolicyDeps } from '../contract.ts';
import { sharedTag } from '../documents/cache-purge.ts';
import type { CachedAnswer } from './memory-cache.ts';

export interface SharedCacheDeps {
  readonly shared: SharedState;
  readonly sharedSeal: PolicyDeps['sharedSeal'];
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'randomBytes'>;
  /** The most bytes that this gateway puts into the shared state. */
  readonly limitBytes: number;
  /** Called when the shared state does not respond. */
  readonly onDown: (code: string) => void;
}

/** What is sealed first. The rest of a value is the body, in pieces. `id` ties the pieces to it. */
interface Head extends Omit<CachedAnswer, 'body' | 'bornAt' | 'freshUntil' | 'staleUntil' | 'retryAt' | 'key'> {
  readonly id: string;
  /** By the wall clock, because monotonic clocks of processes differ. */
  readonly bornAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly pieces: number;
}

const COLLECTION = 'response-cache';
/** The caller does not wait longer for the shared state than for a quick target. */
const READ_WITHIN_MS = 200;
/** Sealing this many bytes takes about two milliseconds. */
const PIECE_BYTES = 96 * 1024;
const MOST_PIECES = 32;
/** Other parts of the platform use the same shared state, which may hold only 100,000 values. */
const MOST_VALUES = 20_000;
const SWEEP_EVERY_MS = 1000;

/**
 * Cached responses in the shared state, for all gateways of an installation. Names are keyed tokens, and each value is
 * sealed together with its key. Everything that fails is a miss: the shared state may be down, full, or hold a value
 * that another installation has sealed.
 */
export class SharedCache {
  readonly #deps: SharedCacheDeps;
  /** The values that this gateway has put there. */
  readonly #written = new Map<string, { readonly bytes: number; readonly endsAt: number }>();
  #bytes = 0;
  #sweptAt = -Infinity;

  constructor(deps: SharedCacheDeps) {
    this.#deps = deps;
  }

  /** Returns the response with this key; undefined if there is none, or it does not come in time. */
  read(key: string): Promise<CachedAnswer | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(READ_WITHIN_MS, () => resolve(undefined));
      this.#read(key)
        .catch((error: unknown) => this.#noteFailure(error))
        .then(
          (entry) => {
            cancel();
            resolve(entry);
          },
          resolve as () => void,
        );
    });
  }

  /** Stores a response. Returns false if there is no room, or the shared state does not take it. */
  async write(entry: CachedAnswer): Promise<boolean> {
    try {
      const ttlMs = entry.staleUntil - this.#deps.clock.monotonic();
      if (ttlMs < 1) return false;
      const name = this.#nameOf(entry.key);
      const value = await this.#seal(entry);
      if (!this.#takeRoom(name, value.length, ttlMs)) return false;
      const { interfaceId, tags } = entry;
      const all = [sharedTag({ interfaceId }), ...tags.map((tag) => sharedTag({ interfaceId, tag }))];
      await this.#deps.shared.set(name, value, { ttlMs, tags: all });
      return true;
    } catch (error) {
      this.#noteFailure(error);
      return false;
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#deps.shared.delete(this.#nameOf(key));
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  #noteFailure(error: unknown): undefined {
    const { code } = toErrorRecord(error);
    if (code === 'SHARED_STATE_DOWN') this.#deps.onDown(code);
  }

  #nameOf(key: string): string {
    return `cache:${this.#deps.sharedSeal.token(COLLECTION, key)}`;
  }

  async #read(key: string): Promise<CachedAnswer | undefined> {
    const { shared, sharedSeal, clock } = this.#deps;
    const value = await shared.get(this.#nameOf(key));
    if (value === undefined) return undefined;
    const [sealedHead = '', ...pieces] = value.split('.', MOST_PIECES);
    const text = Buffer.from(sharedSeal.open({ collection: COLLECTION, id: key, field: 'head' }, sealedHead)).toString();
    const { id, pieces: count, bornAt, freshUntil, staleUntil, ...head } = JSON.parse(text) as Head;
    if (pieces.length !== count) return undefined;
    const parts: Uint8Array[] = [];
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await nextTurn();
      parts.push(sharedSeal.open({ collection: COLLECTION, id: key, field: `${id} ${i}` }, piece));
    }
    const shift = clock.monotonic() - clock.now();
    const times = { bornAt: bornAt + shift, freshUntil: freshUntil + shift, staleUntil: staleUntil + shift, retryAt: 0 };
    return { ...head, ...times, key, body: Buffer.concat(parts) };
  }

  /** Seals a response in pieces, with turns of the event loop between them. */
  async #seal({ key, body, bornAt, freshUntil, staleUntil, retryAt: _retryAt, ...rest }: CachedAnswer): Promise<string> {
    const { sharedSeal, clock, crypto } = this.#deps;
    const id = Buffer.from(crypto.randomBytes(12)).toString('base64url');
    const shift = clock.now() - clock.monotonic();
    const pieces = Math.ceil(body.byteLength / PIECE_BYTES);
    const times = { bornAt: bornAt + shift, freshUntil: freshUntil + shift, staleUntil: staleUntil + shift };
    const head: Head = { ...rest, ...times, id, pieces };
    const sealed = [sharedSeal.seal({ collection: COLLECTION, id: key, field: 'head' }, JSON.stringify(head))];
    for (let i = 0; i < pieces; i++) {
      if (i > 0) await nextTurn();
      const piece = body.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES);
      sealed.push(sharedSeal.seal({ collection: COLLECTION, id: key, field: `${id} ${i}` }, piece));
    }
    return sealed.join('.');
  }

  #takeRoom(name: string, bytes: number, ttlMs: number): boolean {
    const now = this.#deps.clock.monotonic();
    this.#giveRoom(name);
    if (!this.#hasRoom(bytes) && now - this.#sweptAt >= SWEEP_EVERY_MS) {
      this.#sweptAt = now;
      for (const [old, { endsAt }] of this.#written) if (endsAt <= now) this.#giveRoom(old);
    }
    if (!this.#hasRoom(bytes)) return false;
    this.#written.set(name, { bytes, endsAt: now + ttlMs });
    this.#bytes += bytes;
    return true;
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#deps.limitBytes && this.#written.size < MOST_VALUES;
  }

  #giveRoom(name: string): void {
    const written = this.#written.get(name);
    if (written === undefined) return;
    this.#written.delete(name);
    this.#bytes -= written.bytes;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
