/** Dovecot, a real IMAP server, on a free port of 127.0.0.1. Mails are laid into its folders as a mail server in front of it would. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isListening } from './is-listening.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

/** Debian puts it where only root's path looks. */
const PROGRAM = existsSync('/usr/sbin/dovecot') ? '/usr/sbin/dovecot' : 'dovecot';

/** Why it cannot be had here, or undefined when it is there. */
export function prepareDovecot(): string | undefined {
  return spawnSync(PROGRAM, ['--version']).error ? 'dovecot is not installed (npm run servers)' : undefined;
}

export interface Dovecot extends ServerProcess {
  /** A mail that has arrived in the inbox of `lab`, whose password is `secret`. */
  deliver(mail: string | Uint8Array): void;
  /** How many mails lie in a folder; the inbox when left out. */
  count(folder?: string): number;
}

export interface DovecotOptions {
  /** PEM. Default: plain text, on loopback. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly startTls?: boolean;
}

export async function startDovecot({ tls, startTls = false }: DovecotOptions = {}): Promise<Dovecot> {
  const scratch = mkdtempSync(join(tmpdir(), 'kq-dovecot-'));
  const isRoot = process.getuid?.() === 0;
  const mails = join(scratch, 'mails');
  mkdirSync(join(mails, 'new'), { recursive: true });
  mkdirSync(join(mails, 'cur'));
  mkdirSync(join(mails, 'tmp'));
  if (tls !== undefined) {
    writeFileSync(join(scratch, 'server.crt'), tls.cert);
    writeFileSync(join(scratch, 'server.key'), tls.key, { mode: 0o600 });
  }
  // Started by root, it serves mails as the user nobody, because it refuses to do so as root.
  const user = isRoot ? 'nobody' : userInfo().username;
  if (isRoot) {
    const id = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);
    for (const path of [scratch, mails, ...['new', 'cur', 'tmp'].map((name) => join(mails, name))]) chownSync(path, id('-u'), id('-g'));
  }
  const config = join(scratch, 'dovecot.conf');
  const server = await startProcess({
    name: 'dovecot',
    scheme: 'imap',
    cwd: scratch,
    command: (port) => {
      writeFileSync(config, configOf(scratch, port, user, isRoot, tls !== undefined, startTls));
      return [PROGRAM, '-F', '-c', config];
    },
    isReady: isListening,
  });
  let number = 0;
  const mailsIn = (folder: string) =>
    ['new', 'cur'].flatMap((part) => {
      try {
        return readdirSync(join(folder, part));
      } catch {
        return [];
      }
    });
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    deliver(mail) {
      const name = `${Date.now()}.${(number += 1)}.test`;
      writeFileSync(join(mails, 'tmp', name), mail);
      if (isRoot) spawnSync('chown', [user, join(mails, 'tmp', name)]);
      renameSync(join(mails, 'tmp', name), join(mails, 'new', name));
    },
    count: (folder) => mailsIn(folder === undefined ? mails : join(mails, `.${folder}`)).length,
    async stop() {
      await server.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function configOf(scratch: string, port: number, user: string, isRoot: boolean, isTls: boolean, startTls: boolean): string {
  const listener = (name: string, at: number, more = '') => `  inet_listener ${name} {\n    port = ${at}\n${more}  }\n`;
  return `
base_dir = ${scratch}/run
state_dir = ${scratch}/state
log_path = ${scratch}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
ssl = ${isTls ? 'yes' : 'no'}
${isTls ? `ssl_cert = <${scratch}/server.crt\nssl_key = <${scratch}/server.key` : ''}
mail_location = maildir:${scratch}/mails:UTF-8
first_valid_uid = 1
${isRoot ? '' : `default_login_user = ${user}\ndefault_internal_user = ${user}\ndefault_internal_group =`}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=${user} gid=${isRoot ? 'nogroup' : String(process.getgid?.())} home=${scratch}/home
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
${isRoot ? '' : '  chroot =\n'}${listener('imap', isTls && !startTls ? 0 : port)}${listener('imaps', isTls && !startTls ? port : 0, '    ssl = yes\n')}}
${isRoot ? '' : 'service anvil {\n  chroot =\n}\n'}`;
}
