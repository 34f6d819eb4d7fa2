/** FTP, and FTP over TLS (FTPS), explicit or implicit. Data connections are passive. */
import { PassThrough, Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Client, FTPError, type FTPContext } from 'basic-ftp';
import { connectForPassiveTransfer, parseEpsvResponse, parsePasvResponse } from 'basic-ftp/dist/transfer.js';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { connectSocket, GuardedSocket } from '../../shared/connect-socket.ts';
import { decodeText, encodeText } from '../../shared/charset/text-charset.ts';
import {
  connectFailed,
  exists,
  loginRefused,
  missing,
  noAnswer,
  refused,
  serverError,
  serverWithoutTls,
  stopped,
  storeFull,
  tooMany,
} from './errors.ts';
import { parseListedTime } from './listed-time.ts';
import { ftpPort } from './ports.ts';
import { MAX_ENTRIES, type FileEntry, type FileState, type FileStore, type StoreTarget } from './store.ts';

const MAX_LISTING_BYTES = 33_554_432;
const HANDSHAKE_MS = 200;

export async function open(target: StoreTarget): Promise<FileStore> {
  const { settings, connectTimeoutMs, timeoutMs, outbound, signal } = target;
  const { host = '', port = ftpPort(settings), tls } = settings;
  const client = new Client(connectTimeoutMs, { maxListingBytes: MAX_LISTING_BYTES });
  // Names travel as bytes of the server's charset.
  client.ftp.encoding = 'latin1';
  Object.assign(client.ftp, { _newSocket: () => new GuardedSocket(outbound) });
  let socket: Socket | undefined;
  // The client forgets that it was closed when it gets its socket.
  const onAbort = () => void [client.close(), socket?.destroy()];
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket = await connectSocket({ host, port, connectTimeoutMs, outbound, signal }, stopped);
    const tlsOptions = tls && tlsOptionsOf(tls, host);
    await greet(client, tls?.mode === 'implicit' ? await secure(socket, tlsOptions!) : socket, tlsOptions);
    if (tls?.mode === 'explicit')
      await client
        .useTLS(tlsOptions)
        .catch((cause: unknown) => Promise.reject(cause instanceof FTPError ? serverWithoutTls(cause) : cause));
    const wire = wireOf(settings.nameCharset ?? 'UTF-8');
    const features = await logIn(client, target, wire);
    const home = /"(.*)"/.exec((await client.send('PWD')).message)?.[1]?.replaceAll('""', '"') ?? '/';
    client.prepareTransfer = enterPassive;
    Object.assign(client.ftp, { timeout: timeoutMs });
    const root = rootOf(home, wire.to(settings.folder ?? ''));
    return new FtpStore({ client, wire, root, hasTimes: features.has('MDTM'), clock: target.clock });
  } catch (cause) {
    client.close();
    socket?.destroy();
    throw signal.aborted ? stopped() : cause instanceof AppError ? cause : connectFailed({ host, port }, cause);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function tlsOptionsOf({ ca, serverName }: NonNullable<StoreTarget['settings']['tls']>, host: string): ConnectionOptions {
  const name = serverName ?? host;
  return { minVersion: 'TLSv1.2', host: name, servername: /^[\d.]+$|:/.test(name) ? '' : name, ...(ca === undefined ? {} : { ca }) };
}

function secure(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ ...options, socket }, () => resolve(secured)).once('error', reject);
  });
}

async function greet(client: Client, socket: FTPContext['socket'], tlsOptions: ConnectionOptions | undefined): Promise<void> {
  client.ftp.socket = socket;
  if (tlsOptions !== undefined) client.ftp.tlsOptions = tlsOptions;
  await client.ftp.handle(undefined, (response, task) => {
    if (response instanceof Error) task.reject(response);
    else if (response.code >= 200) task.resolve(response);
  });
}

/** Logs in and sets what the session needs. Returns what the server supports. */
async function logIn(client: Client, { settings, credential }: StoreTarget, wire: Wire): Promise<ReadonlyMap<string, string>> {
  await client
    .login(wire.to(settings.user ?? 'anonymous'), wire.to(credential))
    .catch((cause: unknown) => Promise.reject(cause instanceof FTPError ? toLoginError(cause) : cause));
  const features = await client.features();
  if (settings.nameCharset !== 'GBK') await client.sendIgnoringError('OPTS UTF8 ON');
  await client.send('TYPE I');
  if (features.has('MLST')) {
    client.availableListCommands = ['MLSD'];
    await client.sendIgnoringError('OPTS MLST type;size;modify;');
  }
  if (settings.tls === undefined) return features;
  await client.send('PBSZ 0');
  // Never send data in plain text if the server refuses to protect it.
  await client.send('PROT P').catch((cause: unknown) => Promise.reject(serverWithoutTls(cause)));
  return features;
}

/**
 * Opens the data connection to the host of the control connection. The address that the server gives is not used: it is
 * often wrong behind address translation, and could lead elsewhere.
 */
async function enterPassive(ftp: FTPContext): Promise<Awaited<ReturnType<FTPContext['request']>>> {
  const host = ftp.socket.remoteAddress;
  if (host === undefined) throw new Error('closed');
  const isV6 = host.includes(':') && !host.startsWith('::ffff:');
  const response = await ftp.request(isV6 ? 'EPSV' : 'PASV');
  const port = isV6 ? parseEpsvResponse(response.message) : parsePasvResponse(response.message).port;
  await connectForPassiveTransfer(host.replace(/^::ffff:/, ''), port, ftp);
  return response;
}

/** Between names and the characters of the control connection, each of which is one byte of the server's charset. */
interface Wire {
  to(name: string): string;
  from(text: string): string | undefined;
}

function wireOf(charset: string): Wire {
  const to = (name: string) => encodeText(name, charset).toString('latin1');
  return {
    to,
    // Some bytes are read as a character that is written as others: such a name would ask for another file.
    from(text) {
      try {
        const name = decodeText(Buffer.from(text, 'latin1'), charset);
        return to(name) === text ? name : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

function rootOf(home: string, folder: string): string {
  const root = folder.startsWith('/') ? folder : `${home.replace(/\/$/, '')}/${folder}`;
  return root.replace(/\/$/, '');
}

interface FtpSession {
  readonly client: Client;
  readonly wire: Wire;
  /** Without a slash at its end; '' is the root of the server. */
  readonly root: string;
  /** Whether the server says the times of files. */
  readonly hasTimes: boolean;
  readonly clock: StoreTarget['clock'];
}

class FtpStore implements FileStore {
  /** Servers may replace the target of a rename. */
  readonly refusesExisting = false;
  readonly #client: Client;
  readonly #wire: Wire;
  readonly #root: string;
  readonly #hasTimes: boolean;

  readonly #clock: StoreTarget['clock'];

  constructor({ client, wire, root, hasTimes, clock }: FtpSession) {
    this.#clock = clock;
    this.#client = client;
    this.#wire = wire;
    this.#root = root;
    this.#hasTimes = hasTimes;
  }

  get isUsable(): boolean {
    return !this.#client.closed;
  }

  async list(folder: string): Promise<readonly FileEntry[]> {
    // Some servers take a path as a pattern, or its begin as an option.
    const entries = await this.#do(async () => {
      await this.#client.send(`CWD ${this.#path(folder)}`);
      return this.#client.list();
    });
    if (entries.length > MAX_ENTRIES) throw tooMany(MAX_ENTRIES);
    const now = Date.now();
    return entries.flatMap((entry): readonly FileEntry[] => {
      const name = this.#wire.from(entry.name);
      const state = { sizeBytes: entry.size, modifiedAtMs: entry.modifiedAt?.getTime() ?? parseListedTime(entry.rawModifiedAt, now) };
      if (name === undefined) return entry.isFile ? [{ name: entry.name, kind: 'unreadable', ...state }] : [];
      return [{ name, kind: entry.isFile ? 'file' : entry.isDirectory ? 'folder' : 'other', ...state }];
    });
  }

  async stat(path: string): Promise<FileState | undefined> {
    const at = this.#path(path);
    try {
      const sizeBytes = await this.#do(() => this.#client.size(at));
      return { sizeBytes, modifiedAtMs: this.#hasTimes ? (await this.#do(() => this.#client.lastMod(at))).getTime() : undefined };
    } catch (error) {
      if (['FILE_MISSING', 'FILE_REFUSED'].includes((error as AppError).code)) return undefined;
      throw error;
    }
  }

  async *read(path: string, offset: number): AsyncIterable<Uint8Array> {
    const through = new PassThrough({ highWaterMark: 262_144 });
    let isDone = false;
    const transfer = this.#client.downloadTo(through, this.#path(path), offset).finally(() => (isDone = true));
    transfer.catch((error: unknown) => through.destroy(error as Error));
    try {
      for await (const chunk of through) yield chunk as Uint8Array;
      await transfer;
    } catch (cause) {
      throw translate(cause);
    } finally {
      if (!isDone) this.close();
    }
  }

  async write(path: string, source: AsyncIterable<Uint8Array>, offset: number): Promise<void> {
    const stream = Readable.from(this.#endingLate(source), { objectMode: false, highWaterMark: 262_144 });
    const at = this.#path(path);
    await this.#do(() => (offset === 0 ? this.#client.uploadFrom(stream, at) : this.#client.appendFrom(stream, at)));
  }

  /** A server may still be at its side of the handshake, and takes an early end of the connection for an attack. */
  async *#endingLate(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let isEmpty = true;
    for await (const chunk of source) {
      isEmpty = false;
      yield chunk;
    }
    if (isEmpty && this.#client.ftp.hasTLS) await new Promise<void>((resolve) => void this.#clock.after(HANDSHAKE_MS, resolve));
  }

  async rename(from: string, to: string, { replaces }: { readonly replaces: boolean }): Promise<void> {
    const isTaken = (await this.stat(to)) !== undefined;
    if (isTaken && !replaces) throw exists();
    const move = () => this.#do(() => this.#client.rename(this.#path(from), this.#path(to)));
    try {
      await move();
    } catch (error) {
      // Some servers refuse to replace a file. It is away for a moment then.
      if (!isTaken || (error as AppError).kind !== 'input' || (await this.stat(from)) === undefined) throw error;
      await this.remove(to);
      await move();
    }
  }

  async remove(path: string): Promise<void> {
    await this.#do(() => this.#client.remove(this.#path(path)));
  }

  async makeFolder(folder: string): Promise<void> {
    const parts = folder.split('/');
    for (const [index] of parts.entries()) await this.#makeOne(this.#path(parts.slice(0, index + 1).join('/')));
  }

  async #makeOne(at: string): Promise<void> {
    try {
      await this.#do(() => this.#client.send(`CWD ${at}`));
    } catch (error) {
      if ((error as AppError).kind !== 'input') throw error;
      await this.#do(() => this.#client.send(`MKD ${at}`));
    }
  }

  async removeFolder(folder: string): Promise<void> {
    await this.#do(() => this.#client.send('CWD /'));
    await this.#do(() => this.#client.removeEmptyDir(this.#path(folder)));
  }

  setIdle(isIdle: boolean): void {
    if (isIdle) this.#client.ftp.socket.unref();
    else this.#client.ftp.socket.ref();
  }

  close(): void {
    this.#client.close();
  }

  #path(path: string): string {
    return path === '' ? this.#root || '/' : `${this.#root}/${this.#wire.to(path)}`;
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw translate(cause);
    }
  }
}

function toLoginError(cause: FTPError): AppError {
  return cause.code >= 500 ? loginRefused(String(cause.code), cause) : serverError(String(cause.code), cause);
}

/** RFC 959, 4.2. Texts of the server may contain names of files, so only codes are kept. */
function translate(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (!(cause instanceof FTPError)) return noAnswer((cause as NodeJS.ErrnoException).code ?? 'connection lost', cause);
  const code = String(cause.code);
  if (cause.code === 452 || cause.code === 552) return storeFull(code, cause);
  if (cause.code === 550) return missing(cause);
  return cause.code >= 500 ? refused(code, cause) : serverError(code, cause);
}
