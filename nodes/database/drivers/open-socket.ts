import { isIP, Socket } from 'node:net';
import type { Target } from './driver.ts';
import { connectFailed, stopped } from './errors.ts';

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

/** Returns a connected socket. Rejects with DATABASE_CONNECT_FAILED or DATABASE_STOPPED (transient), or OUTBOUND_REFUSED (input). */
export async function connectedSocket(target: Target): Promise<Socket> {
  const { host, port, connectTimeoutMs, signal } = target;
  const socket = await guardedSocket(target);
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(stopped());
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', onAbort));
      socket.setTimeout(connectTimeoutMs, () => reject(new Error(`no connection within ${connectTimeoutMs} ms`)));
      socket.once('error', reject).once('connect', resolve);
      socket.setNoDelay(true).setKeepAlive(true, 30_000);
      return void socket.connect(port, host);
    });
    return socket.setTimeout(0);
  } catch (cause) {
    socket.on('error', () => undefined).destroy();
    throw connectFailed(target, cause);
  }
}
