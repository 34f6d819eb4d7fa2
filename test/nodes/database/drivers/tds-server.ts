/** A server that speaks as much of TDS, the protocol of SQL Server, as the driver needs, and answers what the test says. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface TdsServer {
  readonly port: number;
  /** Texts of the requests, and `attention` for a request to end one. */
  readonly requests: readonly string[];
  stop(): void;
}

export interface TdsOptions {
  /** PEM of a certificate and its key; without it, the server does not support TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Instead of the acknowledgement of the login. */
  readonly login?: Buffer;
  /** The tokens that answer a request; undefined if it is never answered. */
  answer?(text: string): Buffer | undefined;
}

const [BATCH, RPC, ANSWER, ATTENTION, LOGIN, PRELOGIN] = [0x01, 0x03, 0x04, 0x06, 0x10, 0x12];

export async function startTdsServer({ tls, login = loginAck(), answer = () => done(0) }: TdsOptions = {}): Promise<TdsServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let secure: Duplex | undefined;
    let isPending = false;
    const send = (tokens: Buffer) => void (secure ?? socket).write(packets(ANSWER, tokens));
    const onMessage = (type: number, data: Buffer) => {
      if (type === PRELOGIN && data[0] === 0) {
        send(preloginAnswer(tls === undefined ? 2 : 1));
        if (tls !== undefined) secure = startTls(socket, tls, read);
      } else if (type === LOGIN) send(Buffer.concat([login, done(0)]));
      else if (type === ATTENTION) {
        requests.push('attention');
        // The request is answered first, then the attention.
        if (isPending) send(done(0));
        isPending = false;
        send(done(0, 0x20));
      } else if (type === BATCH || type === RPC) {
        const text = data.toString('latin1').replaceAll('\0', '');
        requests.push(text);
        const tokens = answer(text);
        isPending = tokens === undefined;
        if (tokens !== undefined) send(tokens);
      }
    };
    const read = messageReader(onMessage);
    if (tls === undefined) socket.on('data', read);
    else socket.on('data', (chunk: Buffer) => (secure === undefined ? read(chunk) : secure.emit('wire', chunk)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The handshake of TLS is inside packets of the protocol; afterwards the packets are inside TLS. */
function startTls(socket: Socket, { cert, key }: NonNullable<TdsOptions['tls']>, read: (chunk: Buffer) => void): Duplex {
  let isDone = false;
  let rest: Buffer = Buffer.alloc(0);
  let flight: Buffer[] = [];
  // The client reads one packet for each of its own, so what belongs together is sent together.
  const sendFlight = () => {
    socket.write(packets(PRELOGIN, Buffer.concat(flight)));
    flight = [];
  };
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, written) {
      if (isDone) socket.write(chunk);
      else if (flight.push(chunk) === 1) setImmediate(sendFlight);
      written();
    },
  });
  const secure = new TLSSocket(wire, { isServer: true, secureContext: createSecureContext({ cert, key }) });
  secure.on('error', () => socket.destroy());
  secure.on('data', read);
  secure.on('wire', (chunk: Buffer) => {
    // The last packet of the handshake is followed by records of TLS, which begin with another byte.
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest[0] === PRELOGIN && rest.length >= rest.readUInt16BE(2)) {
      const length = rest.readUInt16BE(2);
      wire.push(rest.subarray(8, length));
      rest = rest.subarray(length);
    }
    if (rest.length > 0 && rest[0] !== PRELOGIN) {
      isDone = true;
      wire.push(rest);
      rest = Buffer.alloc(0);
    }
  });
  return secure;
}

function messageReader(onMessage: (type: number, data: Buffer) => void): (chunk: Buffer) => void {
  let bytes: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 8 && bytes.length >= bytes.readUInt16BE(2)) {
      const length = bytes.readUInt16BE(2);
      const [type = 0, status = 0] = bytes;
      parts.push(bytes.subarray(8, length));
      bytes = bytes.subarray(length);
      if ((status & 1) === 0) continue;
      onMessage(type, Buffer.concat(parts));
      parts = [];
    }
  };
}

const PACKET_BYTES = 4000;

function packets(type: number, data: Buffer): Buffer {
  const all: Buffer[] = [];
  for (let at = 0; at === 0 || at < data.length; at += PACKET_BYTES) {
    const part = data.subarray(at, at + PACKET_BYTES);
    const isLast = at + PACKET_BYTES >= data.length;
    const head = Buffer.from([type, isLast ? 1 : 0, 0, 0, 0, 0, (at / PACKET_BYTES + 1) & 0xff, 0]);
    head.writeUInt16BE(8 + part.length, 2);
    all.push(head, part);
  }
  return Buffer.concat(all);
}

/** `encryption`: 1 on, 2 not supported. */
function preloginAnswer(encryption: number): Buffer {
  return Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 3, 0xe8, 0, 0, encryption]);
}

const short = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const long = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const name = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);

function loginAck(): Buffer {
  const body = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), name('SQL Server'), Buffer.from([16, 0, 3, 0xe8])]);
  return Buffer.concat([Buffer.from([0xad]), short(body.length), body]);
}

/** The end of a request, with the number of changed rows. */
export function done(count: number, status = 0x10): Buffer {
  return Buffer.concat([Buffer.from([0xfd]), short(status), short(0xc1), long(count), long(0)]);
}

export function error(number: number, message: string): Buffer {
  const text = Buffer.concat([short(message.length), Buffer.from(message, 'utf16le')]);
  const body = Buffer.concat([long(number), Buffer.from([1, 14]), text, name('srv'), name(''), long(1)]);
  return Buffer.concat([Buffer.from([0xaa]), short(body.length), body, done(0, 0x02)]);
}

export interface TdsColumn {
  readonly name: string;
  /** Type, and what follows it: sizes, scale, collation. */
  readonly type: readonly number[];
}

/** A result; values are as they are on the wire. */
export function result(columns: readonly TdsColumn[], rows: readonly (readonly Buffer[])[]): Buffer {
  const described = columns.map(({ name: title, type }) => Buffer.concat([long(0), short(9), Buffer.from(type.slice(0)), name(title)]));
  const metadata = Buffer.concat([Buffer.from([0x81]), short(columns.length), ...described]);
  return Buffer.concat([metadata, ...rows.map((values) => Buffer.concat([Buffer.from([0xd1]), ...values])), done(rows.length)]);
}
