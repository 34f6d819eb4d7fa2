/**
 * Stores millions of claims with their expiry. A claim takes 18 bytes: 128 bits of a hash, and the expiry. With the
 * free slots of the table, it takes 31 to 62 bytes. The tables are outside the heap, so the garbage collector does not
 * scan them. Claims that expire within the same minute are in one table, which is dropped as a whole after that minute.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { sharedStateFull } from './expiring-map.ts';

export interface Claims {
  /**
   * Claims a key; returns false if it is claimed already. `share` names the app that makes the claim. Throws
   * SHARED_STATE_FULL if all claims together, or the claims of this app, have reached their limit.
   */
  claim(key: string, endsAt: number, share?: string): boolean;
  delete(key: string): void;
}

/**
 * Maximum number of claims. Claims at a rate of 5,000 a second that are valid for 11 minutes need 3.6 million, because
 * an expired claim may stay for another minute. Uses at most 250 MB.
 */
const MAX_CLAIMS = 4_000_000;
const WINDOW_MS = 60_000;
const FIRST_PLACES = 1024;

/**
 * Creates an empty set of claims. `limit` is the maximum number of all claims together; only tests set it. The claims
 * of one share (an app) may use at most half of it.
 */
export function createClaims(clock: Clock, limit = MAX_CLAIMS): Claims {
  const windows = new Map<number, Window>();
  const sizes = new Map<string, number>();
  let size = 0;

  function count(share: string, by: number): void {
    size += by;
    const left = (sizes.get(share) ?? 0) + by;
    if (left === 0) sizes.delete(share);
    else sizes.set(share, left);
  }

  function dropEnded(now: number): void {
    for (const [number, window] of windows) {
      if ((number + 1) * WINDOW_MS > now) continue;
      windows.delete(number);
      for (const [share, ended] of window.sizes) count(share, -ended);
    }
  }

  function isHeld(words: Words, now: number): boolean {
    for (const [number, { table }] of windows) {
      const offsetMs = table.get(words);
      if (offsetMs !== undefined && number * WINDOW_MS + offsetMs > now) return true;
    }
    return false;
  }

  return {
    claim(key, endsAt, share = '') {
      const now = clock.now();
      const words = wordsOf(key);
      dropEnded(now);
      if (isHeld(words, now)) return false;
      if (size >= limit || (share !== '' && (sizes.get(share) ?? 0) >= limit / 2)) throw sharedStateFull();
      const number = Math.floor(endsAt / WINDOW_MS);
      const window = windows.get(number) ?? { table: createTable(), sizes: new Map<string, number>() };
      windows.set(number, window);
      if (window.table.set(words, Math.floor(endsAt) - number * WINDOW_MS)) {
        window.sizes.set(share, (window.sizes.get(share) ?? 0) + 1);
        count(share, 1);
      }
      return true;
    },
    /**
     * Releases a key. Its slot in the table stays used, and counts for the limits, until the minute has passed in which
     * the claim would have expired.
     */
    delete(key) {
      const words = wordsOf(key);
      for (const { table } of windows.values()) if (table.get(words) !== undefined) table.set(words, ENDED);
    },
  };
}

/** The claims that expire within one minute. */
interface Window {
  readonly table: Table;
  /** Number of claims per share. */
  readonly sizes: Map<string, number>;
}

type Words = Uint32Array;

/** Hashes a key to 128 bits. Finding two keys with the same hash is infeasible. */
function wordsOf(key: string): Words {
  // Converting from a string takes half the time that node:crypto needs to return a Buffer.
  const digest = Buffer.from(hash('sha256', key, 'binary'), 'latin1');
  return Uint32Array.of(digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12));
}

interface Table {
  get(words: Words): number | undefined;
  /** Adds a claim; returns true if it is new. */
  set(words: Words, offsetMs: number): boolean;
}

/**
 * In `offsets`, 0 means a free slot and 1 a released claim. Any other value is the expiry offset plus this constant.
 */
const TAKEN = 2;
const ENDED = 1 - TAKEN;

/** Creates a hash table with open addressing and linear probing. It grows at a load of 0.6. */
function createTable(): Table {
  let places = FIRST_PLACES;
  let hashes = new Uint32Array(4 * places);
  let offsets = new Uint16Array(places);
  let taken = 0;

  /** Returns the index of the slot with the key, or of the free slot where the key would be inserted. */
  function find(words: Words, from: number): number {
    let place = words[from]! & (places - 1);
    while (offsets[place] !== 0 && !isAt(words, from, 4 * place)) place = (place + 1) & (places - 1);
    return place;
  }

  function isAt(words: Words, from: number, at: number): boolean {
    for (let word = 0; word < 4; word++) if (words[from + word] !== hashes[at + word]) return false;
    return true;
  }

  function put(place: number, words: Words, from: number, offset: number): void {
    for (let word = 0; word < 4; word++) hashes[4 * place + word] = words[from + word]!;
    offsets[place] = offset;
  }

  function grow(): void {
    const [oldHashes, oldOffsets] = [hashes, offsets];
    places *= 2;
    hashes = new Uint32Array(4 * places);
    offsets = new Uint16Array(places);
    for (let place = 0; place < oldOffsets.length; place++) {
      if (oldOffsets[place] !== 0) put(find(oldHashes, 4 * place), oldHashes, 4 * place, oldOffsets[place]!);
    }
  }

  return {
    get(words) {
      const offset = offsets[find(words, 0)]!;
      return offset < TAKEN ? undefined : offset - TAKEN;
    },
    set(words, offsetMs) {
      if (taken >= 0.6 * places) grow();
      const place = find(words, 0);
      const isNew = offsets[place] === 0;
      if (isNew) taken += 1;
      put(place, words, 0, offsetMs + TAKEN);
      return isNew;
    },
  };
}
