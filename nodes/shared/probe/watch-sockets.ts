/**
 * Watches the sockets that a connection test opens, in whichever library: when each connects, the certificate that the
 * other side presents, and the first bytes in both directions. Sockets outside a test are left alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import tls, { type PeerCertificate, type TLSSocket } from 'node:tls';
import type { ProbeCertificate } from '../../../engine/contract/node/probe.ts';

/** More than a person is shown, so that a secret at the end of what is shown is recognised as a whole. */
export const MAX_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 8;

export interface Connection {
  readonly target: string;
  readonly isTls: boolean;
  readonly sent: Recording;
  readonly received: Recording;
  /** Number of bytes that the other side sent before anything was sent to it. */
  readonly greetingBytes: number;
}

/** `connected` has the address of the other side. */
export type Phase =
  { readonly kind: 'connected'; readonly target: string } | { readonly kind: 'secure'; readonly certificate: ProbeCertificate | undefined };

export interface SocketWatch {
  /** Runs the work. Calls `onPhase` when a socket that it opened has connected, or has ended its TLS handshake. */
  during<T>(onPhase: (phase: Phase) => void, work: () => Promise<T>): Promise<T>;
  /** Returns what the newest socket was doing when the work ended, if it had not finished connecting. */
  unfinished(): Phase | undefined;
  connections(): readonly Connection[];
}

export class Recording {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: unknown, encoding?: unknown): void {
    const bytes = Buffer.from(chunk as string, encoding as BufferEncoding);
    if (this.#size < MAX_BYTES) this.#chunks.push(bytes.subarray(0, MAX_BYTES - this.#size));
    this.#size += bytes.byteLength;
  }

  get size(): number {
    return this.#size;
  }

  get isCut(): boolean {
    return this.#size > MAX_BYTES;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

class Watched implements Connection {
  target = '';
  isTls = false;
  state: 'connecting' | 'connected' | 'securing' | 'secure' = 'connecting';
  certificate: ProbeCertificate | undefined;
  readonly sent = new Recording();
  readonly received = new Recording();
  greetingBytes = 0;
}

class Watch implements SocketWatch {
  readonly #all: Watched[] = [];
  readonly #bySocket = new WeakMap<Socket, Watched>();
  #onPhase: ((phase: Phase) => void) | undefined;

  async during<T>(onPhase: (phase: Phase) => void, work: () => Promise<T>): Promise<T> {
    this.#onPhase = onPhase;
    begin();
    return CURRENT.run(this, work).finally(() => {
      this.#onPhase = undefined;
      end();
    });
  }

  unfinished(): Phase | undefined {
    const last = this.#all.at(-1);
    if (last?.state === 'connecting') return { kind: 'connected', target: last.target };
    return last?.state === 'securing' ? { kind: 'secure', certificate: last.certificate } : undefined;
  }

  connections(): readonly Connection[] {
    return this.#all;
  }

  add(socket: Socket): void {
    if (this.#all.length >= MAX_CONNECTIONS) return;
    const watched = new Watched();
    this.#all.push(watched);
    this.#bySocket.set(socket, watched);
    record(socket, watched);
    socket.on('connectionAttempt', (address: string, port: number) => (watched.target = targetText(address, port)));
    socket.once('connect', () => {
      watched.state = watched.isTls ? 'securing' : 'connected';
      this.#onPhase?.({ kind: 'connected', target: watched.target });
    });
  }

  /** `plain` is the connected socket on which TLS starts; undefined if the TLS socket connects itself. */
  secure(socket: TLSSocket, plain: Socket | undefined): void {
    const watched = this.#bySocket.get(plain ?? socket);
    if (watched === undefined) return;
    watched.isTls = true;
    if (watched.state === 'connected') watched.state = 'securing';
    if (plain !== undefined) record(socket, watched);
    // Before the listener that destroys the socket if the certificate is refused.
    socket.prependOnceListener('secure', () => (watched.certificate = certificateOf(socket.getPeerCertificate())));
    socket.once('secureConnect', () => {
      watched.state = 'secure';
      this.#onPhase?.({ kind: 'secure', certificate: watched.certificate });
    });
  }
}

const CURRENT = new AsyncLocalStorage<Watch>();
let running = 0;

export function watchSockets(): SocketWatch {
  return new Watch();
}

type Connect = (...args: readonly unknown[]) => TLSSocket;
const original = tls.connect as Connect;

/** There is no event for TLS on a socket that a library opened before, so `tls.connect` reports its sockets meanwhile. */
function reportingConnect(...args: readonly unknown[]): TLSSocket {
  const socket = original(...args);
  const { socket: plain } = args.find((arg) => typeof arg === 'object' && arg !== null) as { readonly socket?: unknown };
  CURRENT.getStore()?.secure(socket, plain instanceof Socket ? plain : undefined);
  return socket;
}

function onSocket(message: unknown): void {
  CURRENT.getStore()?.add((message as { socket: Socket }).socket);
}

/** Tests may run at the same time: the first one begins, and the last one ends. */
function begin(): void {
  if (running++ > 0) return;
  subscribe('net.client.socket', onSocket);
  setConnect(reportingConnect);
}

function end(): void {
  if (--running > 0) return;
  unsubscribe('net.client.socket', onSocket);
  setConnect(original);
}

function setConnect(connect: Connect): void {
  Object.assign(tls, { connect });
  syncBuiltinESMExports();
}

/** The two methods that see each chunk, whichever way a library reads and writes. */
function record(socket: Socket, watched: Watched): void {
  const { push, _write: write, _writev: writev } = socket;
  const sent = (chunk: unknown, encoding: unknown) => {
    if (watched.sent.size === 0) watched.greetingBytes = watched.received.size;
    watched.sent.add(chunk, encoding);
  };
  const recordingPush = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk !== null) watched.received.add(chunk, encoding);
    return push.call(socket, chunk, encoding);
  };
  const recordingWrite: typeof write = (chunk, encoding, done) => {
    sent(chunk, encoding);
    write.call(socket, chunk, encoding, done);
  };
  const recordingWritev: typeof writev = (chunks, done) => {
    for (const { chunk, encoding } of chunks) sent(chunk, encoding);
    writev!.call(socket, chunks, done);
  };
  Object.assign(socket, { push: recordingPush, _write: recordingWrite, _writev: recordingWritev });
}

function certificateOf({ subject, issuer, valid_from: from, valid_to: to }: PeerCertificate): ProbeCertificate | undefined {
  // Without a certificate, Node returns an empty object.
  if ((subject as unknown) === undefined) return undefined;
  const [validFrom, validTo] = [Date.parse(from), Date.parse(to)];
  return {
    subject: nameText(subject),
    issuer: nameText(issuer),
    ...(Number.isNaN(validFrom) ? {} : { validFrom }),
    ...(Number.isNaN(validTo) ? {} : { validTo }),
  };
}

function nameText(name: object): string {
  return Object.entries(name)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ')
    .slice(0, 300);
}

function targetText(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
