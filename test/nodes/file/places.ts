/** The places that can be had here, for the tests of the nodes: a local folder, and real servers. */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareSshd, startSshd } from '../../servers/sshd.ts';
import { prepareVsftpd, startVsftpd } from '../../servers/vsftpd.ts';

export interface Place {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credential: string;
  /** Where its files are on this machine. */
  readonly files: string;
  stop(): Promise<void>;
}

export interface PlaceKind {
  readonly name: string;
  /** Why it cannot be had here. */
  readonly skip: string | undefined;
  start(): Promise<Place>;
}

export const PLACES: readonly PlaceKind[] = [
  {
    name: 'local',
    skip: undefined,
    async start() {
      const files = realpathSync(mkdtempSync(join(tmpdir(), 'kq-place-')));
      const stop = async () => rmSync(files, { recursive: true, force: true });
      return { settings: { kind: 'local', folder: files }, credential: '', files, stop };
    },
  },
  {
    name: 'FTP',
    skip: prepareVsftpd(),
    async start() {
      const { port, files, stop } = await startVsftpd();
      // The test writes there as another user than the server.
      chmodSync(files, 0o777);
      return { settings: { kind: 'ftp', host: '127.0.0.1', port, user: 'lab' }, credential: 'secret', files, stop };
    },
  },
  {
    name: 'SFTP',
    skip: prepareSshd(),
    async start() {
      const { port, files, user, userKey, hostKeys, stop } = await startSshd();
      const settings = { kind: 'sftp', host: '127.0.0.1', port, user, hostKeys: [...hostKeys], folder: files };
      return { settings, credential: userKey, files, stop };
    },
  },
];

/** Waits until the check passes; rejects with its last failure. */
export async function until(check: () => void, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
