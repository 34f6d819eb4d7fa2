import { isIP, Socket } from 'node:net';
import type { Target } from './driver.ts';

/** A socket for clients that call `connect(port, host)` themselves. It connects only to addresses that are allowed. */
class GuardedSocket extends Socket {
  readonly #outbound: Target['outbound'];

  constructor(outbound: Target['outbound']) {
    super();
    this.#outbound = outbound;
  }

  override connect(...args: unknown[]): this {
    const [port, host] = args as [number, string];
    return super.connect({ port, host, lookup: this.#outbound.lookup(port) });
  }
}

/** Returns a socket that is not connected yet. Rejects with OUTBOUND_REFUSED (input). */
export async function guardedSocket({ host, port, outbound }: Target): Promise<Socket> {
  // If the host is an IP address, connecting does not call `lookup`, which checks addresses. So check it here.
  if (isIP(host) !== 0) await outbound.resolve(host, port);
  return new GuardedSocket(outbound);
}
