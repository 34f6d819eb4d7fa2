/** One passive data connection: it is taken from the address of the control connection only. */
import { createServer, type Server, type Socket } from 'node:net';

export interface PassiveRange {
  readonly host: string;
  /** 0 for any free port. */
  readonly from: number;
  readonly to: number;
}

export interface PassivePort {
  readonly port: number;
  /** Resolves with the connection of the client. Rejects if none comes in time, or if it is closed. */
  readonly connection: Promise<Socket>;
  close(): void;
}

/** Listens on a free port of the range. Returns undefined if there is none. */
export async function openPassivePort(range: PassiveRange, isClient: (address: string) => boolean): Promise<PassivePort | undefined> {
  const count = range.to - range.from + 1;
  const first = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step++) {
    const server = await listenOn(range.host, range.from + ((first + step) % count));
    if (server !== undefined) return passivePort(server, isClient);
  }
  return undefined;
}

function listenOn(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true });
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}

function passivePort(server: Server, isClient: (address: string) => boolean): PassivePort {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  promise.catch(() => undefined);
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    if (!isClient(socket.remoteAddress ?? '')) return socket.destroy();
    server.close();
    return resolve(socket);
  });
  server.on('error', reject);
  const address = server.address() as { readonly port: number };
  return {
    port: address.port,
    connection: promise,
    close() {
      server.close();
      reject(new Error('closed'));
    },
  };
}
