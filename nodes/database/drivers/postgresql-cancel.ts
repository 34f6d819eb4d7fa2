import { connect, type ConnectionOptions } from 'node:tls';
import { isIP, type Socket } from 'node:net';
import type { Target } from './driver.ts';
import { connectedSocket } from './open-socket.ts';

/** Codes of requests that a connection begins with (PostgreSQL, "Message Formats"). */
const CANCEL = 80_877_102;
const SSL = 80_877_103;
const ACCEPTED = 'S';

/** What the server said of a session when it began. */
export interface Session {
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server to end the statement that runs in a session. Servers before version 14, and most that speak the
 * protocol, do not notice that a connection has gone while they compute.
 */
export async function cancelStatement(
  target: Target,
  { processID, secretKey }: Session,
  tls: ConnectionOptions | undefined,
): Promise<void> {
  const socket = await connectedSocket({ ...target, signal: AbortSignal.timeout(target.connectTimeoutMs) });
  socket.setTimeout(target.connectTimeoutMs, () => socket.destroy());
  socket.on('error', () => undefined);
  const stream = tls === undefined ? socket : await encrypted(socket, target.host, tls);
  // The server closes the connection. It answers nothing.
  stream.end(packet(CANCEL, processID, secretKey)).resume();
}

/** Rejects if the server has no TLS, or its certificate is not trusted. */
function encrypted(socket: Socket, host: string, tls: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed')));
    socket.once('data', (answer: Buffer) => {
      if (answer.toString('latin1') !== ACCEPTED) return void socket.destroy();
      const secure = connect({ ...tls, socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) });
      secure.once('error', reject).once('secureConnect', () => resolve(secure));
    });
    socket.write(packet(SSL));
  });
}

function packet(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  [bytes.length, ...numbers].forEach((number, index) => bytes.writeInt32BE(number, 4 * index));
  return bytes;
}
