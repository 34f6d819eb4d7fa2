/**
 * One control connection of a hospital that uploads (RFC 959, RFC 4217, RFC 2428). It can do nothing else: no download,
 * and no listing but of what it has sent itself. Each upload is answered only after the engine has stored it.
 */
import { isIPv6, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { decodeText, encodeText } from '../../shared/charset/text-charset.ts';
import { isName } from '../paths/paths.ts';
import type { LoginGuard } from './login-guard.ts';
import { openPassivePort, type PassivePort, type PassiveRange } from './passive-port.ts';

const MAX_LINE_BYTES = 4096;
const LOGIN_MS = 30_000;
const DATA_CONNECT_MS = 30_000;
/** A client that is killed ends both connections. Wait this long before the end of its data counts as the end of the file. */
const CUT_MS = 100;
const FAILED_LOGIN_MS = 1000;
/** How many uploads a session remembers, for clients that ask for their size or rename them. */
const MAX_REMEMBERED = 1000;

export interface Upload {
  readonly user: string;
  /** The path in the folder of the user. */
  readonly path: string;
  readonly data: AsyncIterable<Uint8Array>;
}

/** What became of an upload, for the client: a code of RFC 959 and a text. */
export interface Reply {
  readonly code: number;
  readonly text: string;
}

/** An upload that is complete under a temporary name. It counts when it gets another name. */
export interface Kept {
  readonly sizeBytes: number;
  handIn(path: string): Promise<Reply>;
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly guard: LoginGuard;
  readonly secureContext: SecureContext | undefined;
  readonly passive: PassiveRange;
  /** The address that clients connect to, if it is not that of the control connection. */
  readonly announce: string | undefined;
  readonly nameCharset: string;
  readonly idleTimeoutMs: number;
  isTemporary(path: string): boolean;
  /** Receives the bytes. Rejects with an error whose code and kind say why. */
  receive(upload: Upload): Promise<Kept>;
  toReply(error: unknown): Reply;
}

type State = 'user' | 'password' | 'open';

export class Session {
  readonly #plain: Socket;
  readonly #options: SessionOptions;
  #socket: Socket;
  #received = Buffer.alloc(0);
  #state: State = 'user';
  #user = '';
  #folder = '/';
  #isProtected = false;
  #passive: PassivePort | undefined;
  #renameFrom: string | undefined;
  readonly #kept = new Map<string, Kept>();
  #data: Socket | undefined;
  /** Commands are done one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #isEnded = false;
  #isStoring = false;

  constructor(socket: Socket, options: SessionOptions) {
    this.#plain = socket;
    this.#socket = socket;
    this.#options = options;
    socket.on('close', () => this.#end());
    this.#attach(socket);
    socket.setTimeout(LOGIN_MS);
    this.#reply(220, 'Kangqiao, uploads only');
  }

  /** Ends the session; an upload that is being stored is finished before. */
  async stop(): Promise<void> {
    if (this.#isStoring) await this.#work;
    this.#reply(421, 'The service is stopping');
    this.#end();
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => this.#end());
    socket.on('end', () => this.#end());
    socket.on('timeout', () => this.#end());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#passive?.close();
    this.#data?.destroy();
    this.#socket.end();
    this.#plain.destroySoon();
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let at = this.#received.indexOf(10); at >= 0; at = this.#received.indexOf(10)) {
      const line = this.#received.subarray(0, at).toString('latin1').replace(/\r$/, '');
      this.#received = this.#received.subarray(at + 1);
      // A client waits for each answer; more than a few unanswered commands are an attack.
      if (line.length > MAX_LINE_BYTES || ++this.#queued > 32) return this.#end();
      this.#work = this.#work.then(() => this.#run(line)).finally(() => this.#queued--);
    }
    if (this.#received.length > MAX_LINE_BYTES) this.#end();
  }

  async #run(line: string): Promise<void> {
    if (this.#isEnded) return;
    // Some clients put Telnet signals before ABOR.
    const [, verb = '', argument = ''] = /^[\xf0-\xff]*([A-Za-z]{3,4})(?: (.*))?$/.exec(line) ?? [];
    try {
      await this.#command(verb.toUpperCase(), argument);
    } catch (error) {
      const { code, text } = this.#options.toReply(error);
      this.#reply(code, text);
    }
  }

  async #command(verb: string, argument: string): Promise<void> {
    const before = BEFORE_LOGIN[verb];
    if (before !== undefined) return this.#reply(...before);
    if (verb === 'AUTH') return this.#secure(argument);
    if (verb === 'PBSZ') return this.#reply(200, 'PBSZ=0');
    if (verb === 'PROT') return this.#protect(argument);
    if (verb === 'USER') return this.#takeUser(argument);
    if (verb === 'PASS') return this.#takePassword(argument);
    if (verb === 'QUIT') {
      this.#reply(221, 'Goodbye');
      return this.#end();
    }
    if (this.#state !== 'open') return this.#reply(530, 'Log in first');
    return this.#afterLogin(verb, argument);
  }

  async #afterLogin(verb: string, argument: string): Promise<void> {
    const fixed = AFTER_LOGIN[verb];
    if (fixed !== undefined) return this.#reply(...fixed);
    switch (verb) {
      case 'PWD':
      case 'XPWD':
        return this.#reply(257, `"${this.#folder.replaceAll('"', '""')}" is the current folder`);
      case 'CWD':
      case 'MKD':
      case 'XMKD': {
        const path = this.#pathOf(argument, true);
        if (path === undefined) return this.#reply(553, 'This is no name of a folder');
        if (verb === 'CWD') this.#folder = path;
        return this.#reply(verb === 'CWD' ? 250 : 257, verb === 'CWD' ? 'Done' : `"${toWire(path)}" is there`);
      }
      case 'CDUP':
        this.#folder = this.#folder.replace(/\/[^/]*$/, '') || '/';
        return this.#reply(250, 'Done');
      case 'PASV':
      case 'EPSV':
        return this.#openPassive(verb === 'EPSV');
      case 'STOR':
        return this.#upload(this.#pathOf(argument));
      case 'LIST':
      case 'NLST':
        return this.#list(verb === 'NLST');
      case 'SIZE': {
        const kept = this.#kept.get(this.#pathOf(argument) ?? '');
        return kept === undefined ? this.#reply(550, 'Not sent in this session') : this.#reply(213, String(kept.sizeBytes));
      }
      case 'RNFR':
        this.#renameFrom = this.#pathOf(argument);
        return this.#kept.has(this.#renameFrom ?? '') ? this.#reply(350, 'To which name?') : this.#reply(550, 'Not sent in this session');
      case 'RNTO':
        return this.#rename(this.#pathOf(argument));
      default:
        return this.#reply(502, 'Not supported: this server only takes uploads');
    }
  }

  async #secure(kind: string): Promise<void> {
    const { secureContext } = this.#options;
    if (secureContext === undefined) return this.#reply(502, 'TLS is not configured');
    if (this.#socket instanceof TLSSocket) return this.#reply(503, 'TLS is on');
    if (!/^(TLS|TLS-C|SSL)$/i.test(kind)) return this.#reply(504, 'Only TLS');
    // What was sent before the handshake is not protected, and must not count as sent after it.
    this.#plain.removeAllListeners('data').removeAllListeners('end').pause();
    this.#received = Buffer.alloc(0);
    this.#reply(234, 'Begin the handshake');
    this.#attach(new TLSSocket(this.#plain, { isServer: true, secureContext }));
  }

  #protect(level: string): void {
    if (!(this.#socket instanceof TLSSocket)) return this.#reply(503, 'AUTH TLS first');
    if (level.toUpperCase() !== 'P') return this.#reply(536, 'Only PROT P');
    this.#isProtected = true;
    return this.#reply(200, 'Data connections are protected');
  }

  #takeUser(user: string): void {
    if (this.#options.secureContext !== undefined && !(this.#socket instanceof TLSSocket)) return this.#reply(534, 'AUTH TLS first');
    this.#state = 'password';
    this.#user = this.#decode(user) ?? '';
    return this.#reply(331, 'Password?');
  }

  async #takePassword(password: string): Promise<void> {
    const { guard, clock, idleTimeoutMs } = this.#options;
    if (this.#state !== 'password') return this.#reply(503, 'USER first');
    const address = this.#plain.remoteAddress ?? '';
    if (!guard.isBlocked(address) && guard.logIn(address, this.#user, this.#decode(password) ?? '')) {
      this.#state = 'open';
      this.#plain.setTimeout(idleTimeoutMs);
      return this.#reply(230, 'Logged in');
    }
    this.#state = 'user';
    await new Promise<void>((resolve) => void clock.after(FAILED_LOGIN_MS, resolve));
    this.#reply(530, 'Login refused');
    return guard.isBlocked(address) ? this.#end() : undefined;
  }

  async #openPassive(isExtended: boolean): Promise<void> {
    if (this.#options.secureContext !== undefined && !this.#isProtected) return this.#reply(522, 'PROT P first');
    this.#passive?.close();
    const client = this.#plain.remoteAddress;
    this.#passive = await openPassivePort(this.#options.passive, (address) => address === client);
    if (this.#passive === undefined) return this.#reply(425, 'No free port; try again later');
    const { port } = this.#passive;
    if (isExtended) return this.#reply(229, `Entering Extended Passive Mode (|||${port}|)`);
    const host = (this.#options.announce ?? this.#plain.localAddress ?? '').replace(/^::ffff:/, '');
    if (isIPv6(host)) return this.#reply(522, 'Use EPSV');
    return this.#reply(227, `Entering Passive Mode (${host.replaceAll('.', ',')},${port >> 8},${port & 255}).`);
  }

  /** Returns the data connection, or undefined after it has answered why there is none. */
  async #connectData(): Promise<Socket | undefined> {
    const passive = this.#passive;
    this.#passive = undefined;
    if (passive === undefined) {
      this.#reply(425, 'PASV or EPSV first');
      return undefined;
    }
    this.#reply(150, 'Ready');
    const cancel = this.#options.clock.after(DATA_CONNECT_MS, () => passive.close());
    try {
      const plain = await passive.connection;
      plain.setTimeout(this.#options.idleTimeoutMs, () => plain.destroy(new Error('idle')));
      const { secureContext } = this.#options;
      this.#data = secureContext === undefined ? plain : new TLSSocket(plain, { isServer: true, secureContext });
      this.#data.on('error', () => undefined);
      return this.#data;
    } catch {
      this.#reply(425, 'No data connection came');
      return undefined;
    } finally {
      cancel();
    }
  }

  async #upload(path: string | undefined): Promise<void> {
    if (path === undefined) return this.#reply(553, 'This is no name of a file');
    const data = await this.#connectData();
    if (data === undefined) return;
    // While data comes, the control connection is quiet.
    this.#plain.setTimeout(0);
    try {
      const kept = await this.#options.receive({ user: this.#user, path, data: this.#whole(data) });
      this.#isStoring = true;
      if (!this.#options.isTemporary(path)) {
        const { code, text } = await kept.handIn(path);
        this.#reply(code, text);
        if (code >= 400) return;
      } else this.#reply(226, 'Complete; it counts when it gets its name');
      this.#remember(path, kept);
    } finally {
      this.#isStoring = false;
      data.destroy();
      this.#data = undefined;
      if (!this.#isEnded) this.#plain.setTimeout(this.#options.idleTimeoutMs);
    }
  }

  /** Yields the data of one file. Fails if the client was cut: then it also ends the control connection. */
  async *#whole(data: Socket): AsyncIterable<Uint8Array> {
    for await (const chunk of data) yield chunk as Uint8Array;
    await new Promise<void>((resolve) => void this.#options.clock.after(CUT_MS, resolve));
    if (this.#isEnded) throw new Error('The client was cut.');
  }

  #remember(path: string, kept: Kept): void {
    this.#kept.set(path, kept);
    if (this.#kept.size > MAX_REMEMBERED) this.#kept.delete(this.#kept.keys().next().value!);
  }

  /** A file that was sent under a temporary name counts now. One that counts already only changes its name for the client. */
  async #rename(to: string | undefined): Promise<void> {
    const from = this.#renameFrom;
    this.#renameFrom = undefined;
    const kept = this.#kept.get(from ?? '');
    if (from === undefined || kept === undefined) return this.#reply(503, 'RNFR first');
    if (to === undefined) return this.#reply(553, 'This is no name of a file');
    if (this.#options.isTemporary(from) && !this.#options.isTemporary(to)) {
      this.#isStoring = true;
      const { code, text } = await kept.handIn(to).finally(() => (this.#isStoring = false));
      if (code >= 400) return this.#reply(code, text);
    }
    this.#kept.delete(from);
    this.#remember(to, kept);
    return this.#reply(250, 'Renamed');
  }

  /** Lists what this session has sent to the current folder. */
  async #list(namesOnly: boolean): Promise<void> {
    const data = await this.#connectData();
    if (data === undefined) return;
    const prefix = this.#folder === '/' ? '/' : `${this.#folder}/`;
    const lines = [...this.#kept].flatMap(([path, { sizeBytes }]) => {
      const name = path.startsWith(prefix) ? path.slice(prefix.length) : '';
      if (name === '' || name.includes('/')) return [];
      return [namesOnly ? `${name}\r\n` : `-rw------- 1 kq kq ${sizeBytes} Jan  1 00:00 ${name}\r\n`];
    });
    await new Promise<void>((resolve) =>
      data.on('close', resolve).end(encodeText(lines.join(''), this.#options.nameCharset), () => data.resume()),
    );
    this.#data = undefined;
    this.#reply(226, 'Complete');
  }

  /** Returns a path from the root of the user, without dots; undefined if it is none. */
  #pathOf(argument: string, isFolder = false): string | undefined {
    const text = this.#decode(argument);
    if (text === undefined) return undefined;
    const parts: string[] = [];
    for (const part of (text.startsWith('/') ? text : `${this.#folder}/${text}`).split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') parts.pop();
      else if (!isName(part)) return undefined;
      else parts.push(part);
    }
    const path = `/${parts.join('/')}`;
    return path.length > 1000 || (parts.length === 0 && !isFolder) ? undefined : path;
  }

  #decode(text: string): string | undefined {
    try {
      return decodeText(Buffer.from(text, 'latin1'), this.#options.nameCharset);
    } catch {
      return undefined;
    }
  }

  #reply(code: number, text: string): void {
    if (this.#isEnded || !this.#socket.writable) return;
    const lines = text.split('\n');
    const last = lines.pop()!;
    const all = [...lines.map((line, index) => (index === 0 ? `${code}-${line}` : ` ${line}`)), `${code} ${last}`];
    this.#socket.write(encodeText(all.map((line) => `${line}\r\n`).join(''), this.#options.nameCharset));
  }
}

function toWire(path: string): string {
  return path.replaceAll('"', '""');
}

type FixedReply = readonly [code: number, text: string];

const BEFORE_LOGIN: Readonly<Record<string, FixedReply>> = {
  FEAT: [211, 'Features:\nAUTH TLS\nPBSZ\nPROT\nEPSV\nSIZE\nUTF8\nEnd'],
  SYST: [215, 'UNIX Type: L8'],
  OPTS: [200, 'OK'],
  NOOP: [200, 'OK'],
  ABOR: [226, 'Nothing to abort'],
};
const AFTER_LOGIN: Readonly<Record<string, FixedReply>> = {
  TYPE: [200, 'OK'],
  MODE: [200, 'OK'],
  STRU: [200, 'OK'],
  ALLO: [202, 'Not needed'],
  SITE: [200, 'OK'],
  RETR: [550, 'This server only takes uploads'],
  DELE: [550, 'This server only takes uploads'],
  RMD: [550, 'This server only takes uploads'],
};
