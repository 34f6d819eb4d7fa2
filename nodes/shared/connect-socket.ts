/** Opens sockets to other systems, only to addresses that the outbound guard allows. */
import { isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
}

/**
 * A socket for clients that call `connect(port, host)` or `connect({ port, host }, onConnect)` themselves. It fails with
 * OUTBOUND_REFUSED (input) if the address is not allowed.
 */
export class GuardedSocket extends Socket {
  readonly #outbound: OutboundGuard;

  constructor(outbound: OutboundGuard) {
    super();
    this.#outbound = outbound;
  }

  override connect(...args: unknown[]): this {
    const [first, second] = args;
    const { port, host } =
      typeof first === 'object' ? (first as { port: number; host: string }) : { port: Number(first), host: String(second) };
    const onConnect = args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
    if (isIP(host) === 0) return super.connect({ port, host, lookup: this.#outbound.lookup(port) }, onConnect);
    // Connecting to an IP address does not call `lookup`, which checks addresses. So check it here.
    this.#outbound.resolve(host, port).then(
      () => void (this.destroyed || super.connect({ port, host }, onConnect)),
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }
}

/** Returns a connected socket. Rejects with OUTBOUND_REFUSED (input), with `stopped()`, or with an error of the system. */
export async function connectSocket(
  { host, port, connectTimeoutMs, outbound, signal }: SocketTarget,
  stopped: () => Error,
): Promise<Socket> {
  const socket = new GuardedSocket(outbound);
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(stopped());
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', onAbort));
      socket.once('connect', () => signal.removeEventListener('abort', onAbort));
      socket.setTimeout(connectTimeoutMs, () => reject(new Error(`no connection within ${connectTimeoutMs} ms`)));
      socket.on('error', reject).once('connect', resolve);
      socket.setNoDelay(true).setKeepAlive(true, 30_000);
      return void socket.connect(port, host);
    });
    return socket.setTimeout(0);
  } catch (cause) {
    socket.on('error', () => undefined).destroy();
    throw cause;
  }
}

/** Starts TLS on a connected socket, and checks name and chain. `protocol`: what is spoken in TLS (ALPN). */
export function secureSocket(
  socket: Socket,
  host: string,
  { ca, serverName }: { readonly ca?: string | undefined; readonly serverName?: string | undefined },
  protocol?: string,
): Promise<Socket> {
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve, reject) => {
    const encrypted = connectTls({
      socket,
      host,
      minVersion: 'TLSv1.2',
      ...(name === undefined ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca }),
      ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
    });
    encrypted.on('error', reject).once('secureConnect', () => resolve(encrypted));
  });
}
