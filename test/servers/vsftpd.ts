/**
 * vsftpd, a real FTP server, on a free port of 127.0.0.1 with a folder of its own. Its only user is `lab`, with any
 * password: vsftpd does not work with a check that starts a process. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isListening } from './is-listening.ts';
import { killAll, startProcess, type ServerProcess } from './start-process.ts';

const PROGRAM = '/usr/sbin/vsftpd';
/** Its own user, whose home exists on every Debian. */
const GUEST = 'daemon';

/** Why it cannot be had here, or undefined when it is there. */
export function prepareVsftpd(): string | undefined {
  if (process.getuid?.() !== 0) return 'allowed: vsftpd logs users in only if root has started it';
  return existsSync(PROGRAM) ? undefined : 'vsftpd is not installed (npm run servers)';
}

export interface Vsftpd extends ServerProcess {
  /** The folder that the user sees as `/`. */
  readonly files: string;
}

export interface VsftpdOptions {
  /** PEM. Default: plain text. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly isImplicit?: boolean };
  /** Further settings, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startVsftpd({ tls, settings = {} }: VsftpdOptions = {}): Promise<Vsftpd> {
  const scratch = mkdtempSync(join(tmpdir(), 'kq-vsftpd-'));
  const [files, empty] = [join(scratch, 'files'), join(scratch, 'empty')];
  const id = (flag: string) => Number(spawnSync('id', [flag, GUEST], { encoding: 'utf8' }).stdout);
  chmodSync(scratch, 0o755);
  mkdirSync(files);
  mkdirSync(empty);
  chownSync(files, id('-u'), id('-g'));
  // PAM reads its rules from this folder only, under a name in lower case.
  const service = basename(scratch).toLowerCase();
  const rules = `/etc/pam.d/${service}`;
  writeFileSync(rules, 'auth required pam_succeed_if.so quiet user = lab\nauth required pam_permit.so\naccount required pam_permit.so\n');
  const lines = {
    ...{ listen: 'YES', listen_ipv6: 'NO', listen_address: '127.0.0.1', background: 'NO', seccomp_sandbox: 'NO', xferlog_enable: 'NO' },
    ...{ anonymous_enable: 'NO', local_enable: 'YES', write_enable: 'YES', guest_enable: 'YES', guest_username: GUEST },
    ...{ virtual_use_local_privs: 'YES', local_root: files, chroot_local_user: 'YES', allow_writeable_chroot: 'YES', local_umask: '022' },
    ...{ pam_service_name: service, secure_chroot_dir: empty, max_login_fails: '20', delay_failed_login: '0' },
    ...(tls === undefined
      ? {}
      : {
          ...{ ssl_enable: 'YES', rsa_cert_file: join(scratch, 'cert.pem'), rsa_private_key_file: join(scratch, 'key.pem') },
          ...{ force_local_data_ssl: 'YES', force_local_logins_ssl: 'YES', require_ssl_reuse: 'YES', ssl_ciphers: 'HIGH' },
          ...(tls.isImplicit === true ? { implicit_ssl: 'YES' } : {}),
        }),
    ...settings,
  };
  if (tls !== undefined) {
    writeFileSync(join(scratch, 'cert.pem'), tls.cert);
    writeFileSync(join(scratch, 'key.pem'), tls.key, { mode: 0o600 });
  }
  const config = join(scratch, 'vsftpd.conf');
  const server = await startProcess({
    name: 'vsftpd',
    scheme: 'ftp',
    cwd: scratch,
    command: (port) => {
      const all = Object.entries({ ...lines, listen_port: String(port) }).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(config, all.join(''));
      return [PROGRAM, config];
    },
    isReady: isListening,
  });
  return {
    ...server,
    files,
    get pid() {
      return server.pid;
    },
    kill: () => killAll(server),
    async stop() {
      await killAll(server);
      rmSync(rules, { force: true });
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
