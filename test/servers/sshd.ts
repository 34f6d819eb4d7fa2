/** OpenSSH with SFTP, on a free port of 127.0.0.1 with a folder of its own. Its user is the one who runs the tests. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { isListening } from './is-listening.ts';
import { killAll, startProcess, type ServerProcess } from './start-process.ts';

const PROGRAM = '/usr/sbin/sshd';

/** Why it cannot be had here, or undefined when it is there. */
export function prepareSshd(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'OpenSSH is not installed (npm run servers)';
}

export interface Sshd extends ServerProcess {
  readonly files: string;
  readonly user: string;
  /** The private key with which the user may log in, as PEM. */
  readonly userKey: string;
  /** The password of the user; only root can let the server check one. */
  readonly password: string | undefined;
  /** The fingerprints of the host keys. */
  readonly hostKeys: readonly string[];
}

export async function startSshd(): Promise<Sshd> {
  const scratch = mkdtempSync(join(tmpdir(), 'kq-sshd-'));
  const files = join(scratch, 'files');
  mkdirSync(files);
  const isRoot = process.getuid?.() === 0;
  const makeKey = (name: string, type: string) => {
    spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(scratch, name)]);
    const { stdout } = spawnSync('ssh-keygen', ['-lf', join(scratch, `${name}.pub`)], { encoding: 'utf8' });
    return stdout.split(' ')[1]!;
  };
  const hostKeys = ['ed25519', 'rsa'].map((type) => makeKey(`host_${type}`, type));
  makeKey('user', 'ed25519');
  const program = isRoot ? preparePassword(scratch) : PROGRAM;
  const config = join(scratch, 'sshd_config');
  const server = await startProcess({
    name: 'sshd',
    scheme: 'sftp',
    cwd: scratch,
    command: (port) => {
      writeFileSync(config, configOf(scratch, port, isRoot));
      return [program, '-D', '-e', '-f', config];
    },
    isReady: isListening,
  });
  return {
    ...server,
    files,
    user: userInfo().username,
    userKey: readFileSync(join(scratch, 'user'), 'utf8'),
    password: isRoot ? 'secret' : undefined,
    hostKeys,
    get pid() {
      return server.pid;
    },
    kill: () => killAll(server),
    async stop() {
      await killAll(server);
      if (isRoot) rmSync(`/etc/pam.d/${basename(program)}`, { force: true });
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The server asks PAM under the name of its program: a link gives it rules of its own. */
function preparePassword(scratch: string): string {
  // It changes into this folder before a login.
  mkdirSync('/run/sshd', { recursive: true });
  const program = join(scratch, basename(scratch).toLowerCase());
  symlinkSync(PROGRAM, program);
  const check = join(scratch, 'check.sh');
  writeFileSync(check, `#!/bin/sh\n[ "$(tr -d '\\000')" = secret ]\n`, { mode: 0o755 });
  const rules = `auth required pam_exec.so quiet expose_authtok ${check}\nauth optional pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n`;
  writeFileSync(`/etc/pam.d/${basename(program)}`, rules);
  return program;
}

function configOf(scratch: string, port: number, isRoot: boolean): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${scratch}/host_ed25519
HostKey ${scratch}/host_rsa
PidFile none
UsePAM ${isRoot ? 'yes' : 'no'}
PermitRootLogin yes
PasswordAuthentication ${isRoot ? 'yes' : 'no'}
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile ${scratch}/user.pub
StrictModes no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
X11Forwarding no
UseDNS no
`;
}
