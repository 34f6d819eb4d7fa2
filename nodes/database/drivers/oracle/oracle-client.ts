/**
 * The parts of the client library that are replaced: how it opens sockets, because it has no option for that, and how it
 * reads times, because it would cut them to milliseconds and read them in the time zone of this process.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Target } from '../driver.ts';
import { connectedSocket } from '../open-socket.ts';

/** What the client asks for while it opens one connection, also when a listener sends it to another address. */
export interface Opening {
  readonly target: Target;
  socket?: Socket;
  /** The client makes an own error of this one. */
  failure?: unknown;
}

const openings = new AsyncLocalStorage<Opening>();

/** Runs the work; connections that it opens are those of the target. */
export function whileOpening<T>(opening: Opening, work: () => Promise<T>): Promise<T> {
  replace();
  return openings.run(opening, work);
}

interface Address {
  readonly host: string;
  readonly port?: number;
}

interface Transport {
  stream?: Socket;
  connected: boolean;
  hostName: string | undefined;
  originHost: string | undefined;
  ntConnect(address: Address): Promise<void>;
  tlsConnect(context: SecureContext, socket: Socket): Promise<void>;
}

interface TimeReader {
  parseOracleDate(bytes: Buffer, isLocal?: boolean, isOfDatabase?: boolean): unknown;
}

interface Class<T> {
  readonly prototype: T;
}

let isReplaced = false;

function replace(): void {
  if (isReplaced) return;
  isReplaced = true;
  const require = createRequire(import.meta.url);
  replaceConnect((require('oracledb/lib/thin/sqlnet/ntTcp.js') as Class<Transport>).prototype);
  replaceTimes((require('oracledb/lib/impl/datahandlers/buffer.js') as { readonly BaseBuffer: Class<TimeReader> }).BaseBuffer.prototype);
}

function replaceConnect(transport: Transport): void {
  const secure = transport.tlsConnect;
  async function connect(this: Transport, { host, port = 1521 }: Address): Promise<void> {
    const opening = openings.getStore();
    if (opening === undefined) throw new Error('connections are opened through the guard only');
    try {
      opening.socket = await connectedSocket({ ...opening.target, host, port });
    } catch (failure) {
      opening.failure = failure;
      throw failure;
    }
    this.stream = opening.socket;
    this.connected = true;
  }
  function connectTls(this: Transport, _context: SecureContext, socket: Socket): Promise<void> {
    const { ca, serverName } = openings.getStore()?.target.tls ?? {};
    if (serverName !== undefined) [this.hostName, this.originHost] = [serverName, undefined];
    const context = createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
    return secure.call(this, context, socket);
  }
  transport.ntConnect = connect;
  transport.tlsConnect = connectTls;
}

function replaceTimes(reader: TimeReader): void {
  const read = reader.parseOracleDate;
  function readTime(this: TimeReader, bytes: Buffer, isLocal = true, isOfDatabase = false): string {
    const nanoseconds = bytes.length >= 11 ? bytes.readUInt32BE(7) : 0;
    if (isLocal) return localText(bytes) + fractionOf(nanoseconds);
    const moment = read.call(this, bytes, false, isOfDatabase) as Date;
    return `${moment.toISOString().slice(0, 19)}${fractionOf(nanoseconds)}Z`;
  }
  reader.parseOracleDate = readTime;
}

/** Century and year with 100 added, month, day, then hour, minute and second with 1 added. */
export function localText(bytes: Buffer): string {
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  const two = (part: number) => String(part).padStart(2, '0');
  const fullYear = String((century - 100) * 100 + year - 100).padStart(4, '0');
  return `${fullYear}-${two(month)}-${two(day)}T${two(hour - 1)}:${two(minute - 1)}:${two(second - 1)}`;
}

export function fractionOf(nanoseconds: number): string {
  return nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
}
