/** Mosquitto, a broker of MQTT, of this machine's package, in a folder of its own. It keeps sessions over a restart in good order. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const PROGRAM = '/usr/sbin/mosquitto';

export interface MosquittoServer extends Pick<ServerProcess, 'port' | 'restart' | 'stop'> {
  readonly user: string;
  readonly password: string;
  /** Ends it in good order: what it has confirmed lies in memory until then. */
  end(): Promise<void>;
}

/** Why Mosquitto cannot be had here, or undefined when it is there. */
export function prepareMosquitto(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'mosquitto is not installed (npm run servers)';
}

export async function startMosquitto(): Promise<MosquittoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-mosquitto-'));
  const port = await freePort();
  const [settings, accounts] = [join(folder, 'mosquitto.conf'), join(folder, 'accounts')];
  execFileSync('mosquitto_passwd', ['-c', '-b', accounts, 'lab', 'lab-secret'], { stdio: 'ignore' });
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${accounts}`,
    `user ${userInfo().username}`,
    'persistence true',
    `persistence_location ${folder}/`,
    // Otherwise it drops what is more than 1000 messages, and confirms it nevertheless.
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'log_dest none',
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  const server = await startProcess({
    name: 'Mosquitto',
    scheme: 'mqtt',
    port,
    cwd: folder,
    command: () => [PROGRAM, '-c', settings],
    isReady: isListening,
  });
  return {
    port,
    user: 'lab',
    password: 'lab-secret',
    end: () => server.stop(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
