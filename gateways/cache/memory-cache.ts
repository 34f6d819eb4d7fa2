import type { Purgeable } from './purge-log.ts';

/** A response as it is kept in memory. Times are those of the monotonic clock. */
export interface CachedAnswer extends Purgeable {
  number: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** When the response had the age 0. */
  readonly bornAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** The next time when a stale response may be renewed. */
  readonly retryAt: number;
}

/** Memory of an entry besides its body and headers. */
const ENTRY_BYTES = 600;

/** Responses in memory, up to a number of bytes. The ones that were not used for longest make room for others. */
export class MemoryCache {
  readonly #limitBytes: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, CachedAnswer>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): CachedAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(entry: CachedAnswer): void {
    this.delete(entry.key);
    this.#entries.set(entry.key, entry);
    this.#bytes += sizeOf(entry);
    for (const key of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.delete(key);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(entry);
  }
}

function sizeOf({ body, headers, key, tags }: CachedAnswer): number {
  let bytes = ENTRY_BYTES + body.byteLength + key.length + 40 * tags.length;
  // A character takes up to two bytes.
  for (const name in headers) bytes += 2 * (name.length + headers[name]!.length);
  return bytes;
}
