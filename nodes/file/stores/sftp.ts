/** SFTP: files over SSH. The host key is always checked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import ssh2, { type Client as SshClient, type ConnectConfig, type FileEntryWithStats, type SFTPWrapper, type Stats } from 'ssh2';
import { type AppError } from '../../../engine/contract/values/errors.ts';
import { connectSocket } from '../../shared/connect-socket.ts';
import {
  changed,
  connectFailed,
  exists,
  hostKeyUnknown,
  loginRefused,
  missing,
  noAnswer,
  refused,
  serverError,
  stopped,
  storeFull,
  tooMany,
} from './errors.ts';
import { joinPath } from '../paths/paths.ts';
import { SFTP_PORT } from './ports.ts';
import { MAX_ENTRIES, type FileEntry, type FileState, type FileStore, type StoreTarget } from './store.ts';

/** Reads and writes that are under way at the same time: without them, each block costs a round trip. */
const WINDOW = 16;
const BLOCK_BYTES = 32_768;

export async function open(target: StoreTarget): Promise<FileStore> {
  const { settings, connectTimeoutMs, timeoutMs, outbound, signal } = target;
  const { host = '', port = SFTP_PORT } = settings;
  const client = new ssh2.Client();
  let socket: Socket | undefined;
  const onAbort = () => socket?.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // The library does not set TCP_NODELAY, which makes transfers many times slower.
    socket = await connectSocket({ host, port, connectTimeoutMs, outbound, signal }, stopped);
    const sftp = await logIn(client, socket, target);
    return new SftpStore(client, sftp, socket, (settings.folder ?? '').replace(/(.)\/$/, '$1'), timeoutMs);
  } catch (cause) {
    socket?.destroy();
    throw signal.aborted ? stopped() : connectFailed({ host, port }, cause);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function logIn(client: SshClient, socket: Socket, { settings, credential, connectTimeoutMs }: StoreTarget): Promise<SFTPWrapper> {
  const { user = '', hostKeys = [] } = settings;
  const isKey = credential.includes('-----BEGIN');
  let unknown: AppError | undefined;
  const config: ConnectConfig = {
    sock: socket,
    username: user,
    ...(isKey ? { privateKey: credential } : { password: credential, tryKeyboard: true }),
    readyTimeout: connectTimeoutMs,
    hostVerifier: (key: Buffer) => {
      const fingerprint = fingerprintOf(key);
      if (hostKeys.some((known) => sameFingerprint(known, fingerprint))) return true;
      unknown = hostKeyUnknown(fingerprint);
      return false;
    },
  };
  client.on('error', () => undefined);
  // Some servers ask for the password in this way only.
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => credential)));
  try {
    const isReady = once(client, 'ready');
    client.connect(config);
    await isReady;
    return await new Promise<SFTPWrapper>((resolve, reject) =>
      client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error))),
    );
  } catch (cause) {
    if (unknown !== undefined) throw unknown;
    const { level, message } = cause as { readonly level?: string; readonly message: string };
    if (level === 'client-authentication') throw loginRefused('ssh', cause);
    // A private key that cannot be read is found before anything is sent.
    if (/privateKey|passphrase/i.test(message)) throw loginRefused('key', cause);
    throw cause;
  }
}

/** As OpenSSH writes it: `ssh-keygen -lf` shows it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function sameFingerprint(known: string, fingerprint: string): boolean {
  return known.trim().replace(/=+$/, '') === fingerprint;
}

class SftpStore implements FileStore {
  /** OpenSSH refuses to rename to a name that exists, in one step; so do most servers. */
  readonly refusesExisting = true;
  readonly #client: SshClient;
  readonly #sftp: SFTPWrapper;
  readonly #socket: Socket;
  readonly #folder: string;
  readonly #timeoutMs: number;
  /** Ends the requests that have no answer yet. */
  readonly #unanswered = new Set<() => void>();
  isUsable = true;

  constructor(client: SshClient, sftp: SFTPWrapper, socket: Socket, folder: string, timeoutMs: number) {
    this.#client = client;
    this.#sftp = sftp;
    this.#socket = socket;
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
    const onLost = () => this.#onLost();
    socket
      .once('close', onLost)
      .once('end', onLost)
      .on('timeout', () => this.close());
    client.once('close', onLost);
    sftp.on('error', onLost);
  }

  async list(folder: string): Promise<readonly FileEntry[]> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.opendir(this.#path(folder), done));
    try {
      const entries: FileEntry[] = [];
      for (;;) {
        const batch = await this.#ask<readonly FileEntryWithStats[]>((done) => this.#sftp.readdir(handle, done)).catch(endOfList);
        if (batch === undefined) return entries;
        for (const { filename, attrs } of batch) {
          if (filename === '.' || filename === '..') continue;
          if (entries.length === MAX_ENTRIES) throw tooMany(MAX_ENTRIES);
          const kind = (await this.#isUnreadable(folder, filename, attrs)) ? 'unreadable' : kindOf(attrs);
          entries.push({ name: filename, kind, ...stateOf(attrs) });
        }
      }
    } finally {
      await this.#close(handle);
    }
  }

  /** The library decodes all names as UTF-8, and puts U+FFFD in place of other bytes. A name may also contain a real one. */
  async #isUnreadable(folder: string, name: string, attrs: Stats): Promise<boolean> {
    return name.includes('\ufffd') && attrs.isFile() && (await this.stat(joinPath(folder, name))) === undefined;
  }

  async stat(path: string): Promise<FileState | undefined> {
    try {
      const attrs = await this.#ask<Stats>((done) => this.#sftp.lstat(this.#path(path), done));
      return kindOf(attrs) === 'file' ? stateOf(attrs) : undefined;
    } catch (error) {
      if ((error as AppError).code === 'FILE_MISSING') return undefined;
      throw error;
    }
  }

  async *read(path: string, offset: number): AsyncIterable<Uint8Array> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(this.#path(path), 'r', done));
    const under: Promise<Uint8Array>[] = [];
    try {
      let next = offset;
      const more = () => {
        const read = this.#readBlock(handle, next);
        // It is awaited later, in its turn.
        read.catch(() => undefined);
        under.push(read);
        next += BLOCK_BYTES;
      };
      for (let count = 0; count < WINDOW; count++) more();
      for (let block = await under.shift()!; ; block = await under.shift()!) {
        if (block.length > 0) yield block;
        if (block.length < BLOCK_BYTES) return;
        more();
      }
    } finally {
      await Promise.allSettled(under);
      await this.#close(handle);
    }
  }

  /** Reads a block; it is shorter at the end of the file only. */
  async #readBlock(handle: Buffer, position: number): Promise<Uint8Array> {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    while (filled < BLOCK_BYTES) {
      const count = await this.#ask<number>((done) =>
        this.#sftp.read(handle, block, filled, BLOCK_BYTES - filled, position + filled, done),
      );
      if (count === 0) break;
      filled += count;
    }
    return block.subarray(0, filled);
  }

  async write(path: string, source: AsyncIterable<Uint8Array>, offset: number): Promise<void> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(this.#path(path), offset === 0 ? 'w' : 'r+', done));
    const under: Promise<void>[] = [];
    try {
      let position = offset;
      for await (const chunk of source)
        for (let begin = 0; begin < chunk.length; begin += BLOCK_BYTES) {
          if (under.length >= WINDOW) await under.shift();
          const block = Buffer.from(chunk.subarray(begin, begin + BLOCK_BYTES));
          const at = position;
          const written = this.#ask<void>((done) => this.#sftp.write(handle, block, 0, block.length, at, done));
          written.catch(() => undefined);
          under.push(written);
          position += block.length;
        }
      await Promise.all(under);
      await this.#sync(handle);
    } finally {
      await Promise.allSettled(under);
      await this.#close(handle);
    }
    if ((await this.stat(path)) === undefined) throw changed();
  }

  async rename(from: string, to: string, { replaces }: { readonly replaces: boolean }): Promise<void> {
    const [source, target] = [this.#path(from), this.#path(to)];
    try {
      if (!replaces) return await this.#ask<void>((done) => this.#sftp.rename(source, target, done));
      return await this.#ask<void>((done) => this.#sftp.ext_openssh_rename(source, target, done));
    } catch (error) {
      // The protocol has one code for most failures.
      if ((error as AppError).kind !== 'input' || (await this.stat(from)) === undefined) throw error;
      if ((await this.stat(to)) !== undefined) {
        if (!replaces) throw exists(error);
        await this.remove(to);
      } else if (!replaces) throw error;
      await this.#ask<void>((done) => this.#sftp.rename(source, target, done));
    }
  }

  async remove(path: string): Promise<void> {
    await this.#ask<void>((done) => this.#sftp.unlink(this.#path(path), done));
  }

  async makeFolder(folder: string): Promise<void> {
    const parts = folder.split('/');
    for (const [index] of parts.entries()) {
      const path = this.#path(parts.slice(0, index + 1).join('/'));
      const isThere = await this.#ask<Stats>((done) => this.#sftp.stat(path, done)).then(
        (attrs) => attrs.isDirectory(),
        (error: AppError) => (error.code === 'FILE_MISSING' ? false : Promise.reject(error)),
      );
      if (isThere) continue;
      await this.#ask<void>((done) => this.#sftp.mkdir(path, done)).catch(async (error: unknown) => {
        // Something else may have made it at the same moment.
        const made = await this.#ask<Stats>((done) => this.#sftp.stat(path, done)).catch(() => undefined);
        if (made?.isDirectory() !== true) throw error;
      });
    }
  }

  async removeFolder(folder: string): Promise<void> {
    await this.#ask<void>((done) => this.#sftp.rmdir(this.#path(folder), done));
  }

  setIdle(isIdle: boolean): void {
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
  }

  close(): void {
    this.#client.end();
    this.#socket.destroy();
    this.#onLost();
  }

  #onLost(): void {
    this.isUsable = false;
    for (const end of [...this.#unanswered]) end();
  }

  #path(path: string): string {
    if (this.#folder === '') return path === '' ? '.' : path;
    return path === '' ? this.#folder : `${this.#folder === '/' ? '' : this.#folder}/${path}`;
  }

  /** Asks the server. Ends the connection if it says nothing for too long. */
  #ask<T>(send: (done: (error: Error | null | undefined, result?: unknown) => void) => unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.isUsable) return reject(noAnswer('closed'));
      const onLost = () => settle(() => reject(noAnswer('connection lost')));
      const settle = (finish: () => void) => {
        this.#unanswered.delete(onLost);
        if (this.#unanswered.size === 0) this.#socket.setTimeout(0);
        finish();
      };
      if (this.#unanswered.size === 0) this.#socket.setTimeout(this.#timeoutMs);
      this.#unanswered.add(onLost);
      try {
        send((error, result) => settle(() => (error ? reject(translate(error)) : resolve(result as T))));
      } catch (cause) {
        // The server does not have this extension.
        settle(() => reject(refused('unsupported', cause)));
      }
    });
  }

  async #sync(handle: Buffer): Promise<void> {
    await this.#ask<void>((done) => this.#sftp.ext_openssh_fsync(handle, done)).catch((error: AppError) => {
      if (error.kind !== 'input') throw error;
    });
  }

  async #close(handle: Buffer): Promise<void> {
    if (this.isUsable) await this.#ask<void>((done) => this.#sftp.close(handle, done)).catch(() => this.close());
  }
}

function kindOf(attrs: Stats): FileEntry['kind'] {
  return attrs.isFile() ? 'file' : attrs.isDirectory() ? 'folder' : 'other';
}

function stateOf({ size, mtime }: Stats): FileState {
  return { sizeBytes: size, modifiedAtMs: mtime * 1000 };
}

function endOfList(error: AppError): undefined {
  if (error.code === 'FILE_REFUSED' && error.values['code'] === '1') return undefined;
  throw error;
}

/** The codes of draft-ietf-secsh-filexfer-02, which servers speak. Texts may contain names of files, so only codes are kept. */
function translate(cause: Error): AppError {
  const { code } = cause as { readonly code?: unknown };
  if (typeof code !== 'number') return noAnswer('connection lost', cause);
  if (code === 2) return missing(cause);
  if (code === 6 || code === 7) return noAnswer(String(code), cause);
  if (code === 14 || code === 15) return storeFull(String(code), cause);
  if (code === 5) return serverError(String(code), cause);
  return refused(String(code), cause);
}
