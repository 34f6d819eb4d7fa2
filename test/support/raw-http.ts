/** HTTP/1.1 over TLS byte by byte, for what no client library would send. */
import { connect, type TLSSocket } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** GW code of the body, when it has one. */
  readonly code: string | undefined;
  readonly head: string;
  readonly body: string;
}

export interface RawConnection {
  /** Sends the bytes and answers the first response; undefined when the other side only closed. Opens a new connection when the last has ended. */
  send(bytes: string | Buffer): Promise<RawAnswer | undefined>;
  close(): void;
}

const ANSWER_WITHIN_MS = 20_000;

export function openRaw(port: number, ca: string): RawConnection {
  let socket: TLSSocket | undefined;
  return {
    async send(bytes) {
      if (socket === undefined || socket.destroyed || !socket.writable) socket = await open(port, ca);
      const current = socket;
      const answer = await exchange(current, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
      if (answer === undefined || /\r\nconnection: close/i.test(answer.head)) {
        current.destroy();
        socket = undefined;
      }
      return answer;
    },
    close: () => socket?.destroy(),
  };
}

function open(port: number, ca: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] }, () => resolve(socket));
    socket.setNoDelay(true);
    // After opening, a failure is the `close` that follows.
    socket.on('error', reject);
  });
}

function exchange(socket: TLSSocket, bytes: Buffer): Promise<RawAnswer | undefined> {
  return new Promise((resolve, reject) => {
    let received = '';
    const settle = (answer: RawAnswer | undefined) => {
      clearTimeout(limit);
      socket.off('data', take).off('close', leave);
      resolve(answer);
    };
    const take = (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const answer = readAnswer(received);
      if (answer !== undefined) settle(answer);
    };
    const leave = () => settle(readAnswer(received));
    const limit = setTimeout(() => reject(new Error(`no answer to ${bytes.toString('latin1').slice(0, 300)}`)), ANSWER_WITHIN_MS);
    socket.on('data', take).once('close', leave);
    socket.write(bytes);
  });
}

function readAnswer(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const body = text.slice(end + 4);
  if (body.length < length) return undefined;
  return { status, code: /"code":"(GW\d{5})"/.exec(body)?.[1], head, body: Buffer.from(body, 'latin1').toString('utf8') };
}
