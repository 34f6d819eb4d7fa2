/** Sockets for the clients of brokers: through the guard, with TLS checked, to the first server that accepts one. */
import type { Socket } from 'node:net';
import { connectSocket, secureSocket } from '../../shared/connect-socket.ts';
import type { Server, Target } from './broker.ts';
import { connectFailed, stopped } from './errors.ts';
import { within } from './within.ts';

/** Calls `open` for one server after the other until one accepts. Rejects with the first failure. */
export async function firstServer<T>({ servers }: Target, open: (server: Server) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const server of servers) {
    try {
      return await open(server);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/**
 * Returns a connected socket, with TLS if the target demands it. `protocol`: what is spoken in TLS (ALPN). Rejects with MESSAGING_CONNECT_FAILED or
 * MESSAGING_STOPPED (transient), or OUTBOUND_REFUSED (input).
 */
export async function openSocket(target: Target, server: Server, protocol?: string): Promise<Socket> {
  const { connectTimeoutMs, outbound, tls, clock, signal = new AbortController().signal } = target;
  if (signal.aborted) throw stopped();
  let socket: Socket | undefined;
  try {
    socket = await connectSocket({ ...server, connectTimeoutMs, outbound, signal }, stopped);
    return tls === undefined ? socket : await within(clock, connectTimeoutMs, secureSocket(socket, server.host, tls, protocol));
  } catch (cause) {
    socket?.destroy();
    throw connectFailed(server, cause);
  }
}

/** For clients that write each message on its own: what is written in one turn of the event loop leaves together. */
export function joinWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isCorked = false;
  const writeJoined = (...args: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  socket.write = writeJoined;
}
