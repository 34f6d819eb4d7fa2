/** A service that reads requests with a small strict parser of its own and notes what it got. */
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names; a repeated header has its values joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyDigest: string;
}

export interface RecordingUpstream {
  readonly port: number;
  readonly received: ReceivedRequest[];
  /** What it could not read; must stay empty. */
  readonly unreadable: string[];
  stop(): Promise<void>;
}

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const received: ReceivedRequest[] = [];
  const unreadable: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let pending: Buffer = Buffer.alloc(0);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        const read = readRequest(pending);
        if (read === undefined) return;
        if (typeof read === 'string') {
          unreadable.push(`${read}: ${pending.toString('latin1').slice(0, 500)}`);
          socket.destroy();
          return;
        }
        received.push(read.request);
        pending = pending.subarray(read.length);
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    unreadable,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const digestOf = (body: Uint8Array) => createHash('sha256').update(body).digest('hex');

/** Returns undefined if more bytes are needed, and a sentence if the bytes are no plain HTTP/1.1 request. */
function readRequest(bytes: Buffer): { readonly request: ReceivedRequest; readonly length: number } | string | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const start = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/.exec(line);
  if (start === null) return 'no request line';
  const headers = new Map<string, string>();
  for (const text of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$/.exec(text);
    if (header === null) return 'no header';
    const [name, value] = [header[1]!.toLowerCase(), header[2]!];
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  if (headers.has('transfer-encoding')) return 'a transfer coding';
  const length = headers.get('content-length') ?? '0';
  if (!/^\d+$/.test(length)) return 'a length that is no number';
  const total = end + 4 + Number(length);
  if (bytes.length < total) return undefined;
  const bodyDigest = digestOf(bytes.subarray(end + 4, total));
  return { request: { method: start[1]!, target: start[2]!, headers, bodyDigest }, length: total };
}
