/** gRPC over a socket that is already open: calls with one answer, calls with several, and one stream in both directions. */
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** Before each message: whether it is compressed, and its length. */
const FRAME_HEAD = 5;
/** Larger answers end the call. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** What the server may send before it is read. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** What the server answered instead of a result: a code of gRPC. */
export class GrpcError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'GrpcError';
    this.status = status;
  }
}

type OnAnswer = (answer: Buffer) => void;

export interface GrpcCall {
  readonly done: Promise<void>;
  cancel(): void;
}

interface GrpcStream {
  write(message: Uint8Array): void;
  /** Resolves when the stream has ended. Rejects as `call` does. */
  readonly ended: Promise<void>;
}

export class GrpcConnection {
  readonly #session: ClientHttp2Session;
  readonly #host: string;
  readonly #lost = Promise.withResolvers<Error>();
  #failure: Error | undefined;

  constructor(socket: Socket, host: string) {
    this.#host = host;
    const isSecure = 'encrypted' in socket;
    this.#session = connect(`${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW_BYTES));
    this.#session.on('error', (error) => this.fail(error));
    this.#session.on('goaway', () => this.fail(new Error('the server is going away')));
    this.#session.on('close', () => this.fail(new Error('closed')));
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Resolves with the reason when the connection is lost or closed. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  close(): void {
    this.#session.destroy();
  }

  /**
   * Calls a method and hands over each answer. Resolves when the call is done. Rejects with a GrpcError, or with the error
   * of the connection.
   */
  call(path: string, headers: Readonly<Record<string, string>>, request: Uint8Array, onAnswer: OnAnswer, ms: number): GrpcCall {
    const stream = this.#open(path, { ...headers, 'grpc-timeout': `${ms}m` });
    const done = receive(stream, onAnswer);
    stream.end(frame(request));
    return { done, cancel: () => stream.close(constants.NGHTTP2_CANCEL) };
  }

  /** Opens a stream in both directions. */
  stream(path: string, headers: Readonly<Record<string, string>>, onAnswer: OnAnswer): GrpcStream {
    const stream = this.#open(path, headers);
    const ended = receive(stream, onAnswer);
    ended.catch(() => undefined);
    return { write: (message) => void stream.write(frame(message)), ended };
  }

  #open(path: string, headers: Readonly<Record<string, string>>): ClientHttp2Stream {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_AUTHORITY]: this.#host,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
  }

  /** Ends the connection; `failure` is the reason. */
  fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#lost.resolve(failure);
    this.#session.destroy();
  }
}

/** A message of gRPC: not compressed, its length, its bytes. */
function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEAD + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, FRAME_HEAD);
  return framed;
}

function receive(stream: ClientHttp2Stream, onAnswer: OnAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    let status: { readonly code: number; readonly message: string } | undefined;
    const frames = new FrameReader(onAnswer);
    const read = (headers: Readonly<Record<string, unknown>>) => {
      const http = headers[':status'];
      const code = headers['grpc-status'];
      if (http !== undefined && http !== 200) status = { code: -1, message: `HTTP status ${String(http)}` };
      else if (typeof code === 'string') status = { code: Number(code), message: textOf(headers['grpc-message']) };
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('data', (chunk: Buffer) => {
      try {
        frames.add(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (status === undefined) return reject(new Error('the server ended the call without a status'));
      return status.code === 0 ? resolve() : reject(new GrpcError(status.code, status.message));
    });
  });
}

/** Hands over each message when all of it is there. */
class FrameReader {
  readonly #onAnswer: OnAnswer;
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted = FRAME_HEAD;

  constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    const bytes = Buffer.concat(this.#chunks, this.#size);
    let at = 0;
    for (;;) {
      const rest = bytes.length - at;
      const length = rest < FRAME_HEAD ? 0 : bytes.readUInt32BE(at + 1);
      if (rest > 0 && (bytes[at] !== 0 || length > MAX_FRAME_BYTES)) throw new Error('the answer is compressed or too large');
      this.#wanted = FRAME_HEAD + length;
      if (rest < this.#wanted) break;
      this.#onAnswer(bytes.subarray(at + FRAME_HEAD, at + this.#wanted));
      at += this.#wanted;
    }
    this.#chunks = [bytes.subarray(at)];
    this.#size = bytes.length - at;
  }
}

function textOf(message: unknown): string {
  if (typeof message !== 'string') return '';
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
