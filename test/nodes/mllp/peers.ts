/** A hospital at the other end of a wire, for tests: plain sockets, no code of the product. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { type Logger, silentLogger } from '../../../engine/contract/values/observe.ts';

export const frame = (content: string | Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x0b), Buffer.from(content as string), Buffer.of(0x1c, 0x0d)]);

export const admission = (id: string, name = '张三'): string =>
  `MSH|^~\\&|HIS|H|GW|P|20261124||ADT^A01|${id}|P|2.4||||||UNICODE UTF-8\rPID|1||0007||${name}\r`;

/** Collects the `port` that a listener logs; the rest goes to `others`. */
export function portLogger(others = silentLogger): { readonly log: Logger; port(): number } {
  let port = 0;
  const log: Logger = {
    ...others,
    info: (event, fields) => void (event === 'mllp.listening' && (port = Number(fields?.['port']))),
    child: () => log,
  };
  return { log, port: () => port };
}

export interface TestSender {
  readonly socket: Socket;
  /** Contents of all frames received so far, as Latin-1 (bytes kept). */
  readonly acks: readonly string[];
  /** Resolves when `count` answers came, or the connection ended. */
  received(count: number): Promise<readonly string[]>;
  readonly closed: Promise<unknown>;
}

export async function connectSender(port: number): Promise<TestSender> {
  const socket = connect(port, '127.0.0.1');
  return openSender(socket, 'connect');
}

export async function openSender(socket: Socket, ready: string): Promise<TestSender> {
  const acks: string[] = [];
  let waiters: (() => void)[] = [];
  let rest = '';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const wake = () => {
    for (const waiter of waiters) waiter();
  };
  socket.on('error', () => undefined).on('close', wake);
  socket.on('data', (chunk) => {
    const parts = (rest + chunk.toString('latin1')).split('\x1c\r');
    rest = parts.pop()!;
    acks.push(...parts.map((part) => part.slice(1)));
    wake();
  });
  await once(socket, ready);
  return {
    socket,
    acks,
    closed,
    received(count) {
      return new Promise((resolve) => {
        const check = () => {
          if (acks.length < count && !socket.destroyed) return;
          waiters = waiters.filter((waiter) => waiter !== check);
          resolve(acks);
        };
        waiters.push(check);
        check();
      });
    },
  };
}

export interface TestHospital {
  readonly port: number;
  readonly server: Server;
  readonly received: readonly string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Answers each message with what `answer` gives (MSH-10 and content known), nothing when undefined. */
export async function startHospital(
  answer: (id: string, content: string, socket: Socket) => string | Buffer | undefined,
): Promise<TestHospital> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let rest = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString('latin1')).split('\x1c\r');
      rest = parts.pop()!;
      for (const part of parts) {
        received.push(part.slice(1));
        const reply = answer(part.split('|')[9]!, part.slice(1), socket);
        if (reply !== undefined) socket.write(frame(reply));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    received,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const ackText = (id: string, code = 'AA', text = ''): string =>
  `MSH|^~\\&|H|H|GW|P|20261124||ACK|X${id}|P|2.4\rMSA|${code}|${id}|${text}\r`;
