/** A hospital on this machine that answers whatever it is asked with a bomb: over HTTP by the path `/<kind>/<number>`, over MLLP by the number in MSH-3. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Bomb } from './bomb.ts';

export type Answers = Readonly<Record<string, readonly Bomb<string>[]>>;

export interface HostileHospital {
  readonly baseUrl: string;
  readonly ackPort: number;
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  xml: 'text/xml; charset=ISO-8859-1',
  soap: 'text/xml',
  wsdl: 'text/xml',
};

export async function startHostileHospital(answers: Answers): Promise<HostileHospital> {
  const http = createHttpServer((request, response) => answerHttp(request, response, answers));
  const sockets = new Set<Socket>();
  const mllp = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    answerMllp(socket, answers['ack'] ?? []);
  });
  const [port, ackPort] = await Promise.all([listen(http), listen(mllp)]);
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    ackPort,
    async stop() {
      for (const socket of sockets) socket.destroy();
      http.closeAllConnections();
      await Promise.all([http, mllp].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function answerHttp(request: IncomingMessage, response: ServerResponse, answers: Answers): void {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
  request.on('end', () => {
    const [, kind = '', number = ''] = /^\/(\w+)(?:\/(\d+))?/.exec(request.url ?? '') ?? [];
    const asked = number === '' ? /<n>(\d+)<\/n>/.exec(body)?.[1] : number;
    const bomb = answers[kind]?.[Number(asked)];
    if (bomb === undefined) return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    response
      .on('error', () => undefined)
      .writeHead(200, { 'content-type': TYPES[kind] ?? 'text/plain' })
      .end(Buffer.from(bomb.load, 'latin1'));
  });
}

function answerMllp(socket: Socket, acks: readonly Bomb<string>[]): void {
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const end = received.indexOf('\u001c\r');
    if (end < 0) return;
    const [, , , , , , , , , controlId = ''] = received.split('\r', 1)[0]!.split('|');
    const number = /\|BOMB(\d+)\|/.exec(received)?.[1];
    received = received.slice(end + 2);
    socket.write(frame((acks[Number(number)]?.load ?? '').replace('M1', controlId)));
  });
}

/** Sends a message and waits for what comes: MSA-1, or that the connection was closed. */
export function sendHl7(port: number, message: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(frame(message)));
    socket.on('error', () => undefined).on('close', () => resolve('closed'));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const code = /MSA\|(A[AER])/.exec(received)?.[1];
      if (code === undefined || !received.includes('\u001c')) return;
      resolve(code);
      socket.destroy();
    });
  });
}

const frame = (content: string) => Buffer.from(`\u000b${content}\u001c\r`, 'latin1');

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
