import type { Clock } from '../../engine/contract/values/clock.ts';
import type { AsideAnswer, AsideRequest } from '../policy-ports.ts';
import type { Instance, UpstreamPools } from './create-pools.ts';

const KEPT_BYTES = 64 * 1024;
/** Mirrors are few. If there are ever more, the connections of the oldest are closed. */
const MOST_ADDRESSES = 100;

/** Sends requests that belong to no call, such as mirrored copies, through connections of their own. */
export class AsideCalls {
  readonly #pools: UpstreamPools;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #opened = new Map<string, Instance>();

  constructor(pools: UpstreamPools, clock: Pick<Clock, 'after'>) {
    this.#pools = pools;
    this.#clock = clock;
  }

  async send(address: string, { method, path, headers, body, timeoutMs }: AsideRequest): Promise<AsideAnswer> {
    const { pool, prefix } = this.#open(address);
    const controller = new AbortController();
    const cancel = this.#clock.after(timeoutMs, () => controller.abort());
    try {
      const request = { method: method as 'GET', path: prefix + path, headers, body: body ?? null, signal: controller.signal };
      const { statusCode, body: stream } = await pool.request(request);
      return { status: statusCode, body: await readUpTo(stream, KEPT_BYTES) };
    } finally {
      cancel();
    }
  }

  close(): Promise<void> {
    this.#opened.clear();
    return this.#pools.close();
  }

  #open(address: string): Instance {
    let instance = this.#opened.get(address);
    if (instance !== undefined) return instance;
    if (this.#opened.size >= MOST_ADDRESSES) {
      const [oldest, its] = this.#opened.entries().next().value!;
      this.#opened.delete(oldest);
      this.#pools.release([its]);
    }
    instance = this.#pools.open(address);
    this.#opened.set(address, instance);
    return instance;
  }
}

/** Returns the body, or undefined if it is longer. It is read to its end in any case, so that the connection stays. */
async function readUpTo(stream: AsyncIterable<Buffer>, limitBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= limitBytes ? Buffer.concat(chunks) : undefined;
}
