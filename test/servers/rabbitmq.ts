/** A RabbitMQ of this machine's package, in a folder of its own: started, stopped, killed and started again by tests. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const LIBRARY = '/usr/lib/rabbitmq/lib';
const READY_MS = 90_000;

export interface RabbitmqServer extends Pick<ServerProcess, 'port' | 'pid' | 'kill' | 'restart'> {
  /** Of the user `guest`, whose password is `guest`. */
  readonly url: string;
  /** Port for TLS, if a certificate was given. */
  readonly tlsPort: number | undefined;
  /** Port of the HTTP API, if the management plugin was wanted. Listens with TLS if a certificate was given. */
  readonly managementPort: number | undefined;
  /** Runs `rabbitmqctl` with these arguments, and returns what it prints. */
  control(...args: readonly string[]): string;
  /** Makes the broker believe that it lacks memory, or ends that. */
  lackMemory(isLacking: boolean): void;
  /** Ends it in good order, and removes its folder. */
  stop(): Promise<void>;
}

export interface RabbitmqOptions {
  /** PEM of a certificate and its key. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly plugins?: readonly string[];
  /** With the management plugin. */
  readonly management?: true;
}

/** Why RabbitMQ cannot be had here, or undefined when it is there. */
export function prepareRabbitmq(): string | undefined {
  return programFolder() === undefined ? 'RabbitMQ is not installed' : undefined;
}

export async function startRabbitmq({ tls, plugins = [], management }: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-rabbitmq-'));
  const port = await freePort();
  const [distributionPort, epmdPort, tlsPort] = [await freePort(), await freePort(), tls === undefined ? undefined : await freePort()];
  const file = (name: string) => join(folder, name);
  const lines = [`listeners.tcp.default = 127.0.0.1:${port}`, 'disk_free_limit.absolute = 10MB'];
  if (tls !== undefined) {
    await writeFile(file('cert.pem'), tls.cert);
    await writeFile(file('key.pem'), tls.key);
    lines.push(`listeners.ssl.default = 127.0.0.1:${tlsPort}`, `ssl_options.certfile = ${file('cert.pem')}`);
    lines.push(`ssl_options.cacertfile = ${file('cert.pem')}`, `ssl_options.keyfile = ${file('key.pem')}`);
  }
  const managementPort = management === undefined ? undefined : await freePort();
  if (managementPort !== undefined) {
    const kind = tls === undefined ? 'tcp' : 'ssl';
    lines.push(`management.${kind}.ip = 127.0.0.1`, `management.${kind}.port = ${managementPort}`);
    // Lists show counts that are at most so old.
    lines.push('collect_statistics_interval = 500');
    if (tls !== undefined) lines.push(`management.ssl.certfile = ${file('cert.pem')}`, `management.ssl.keyfile = ${file('key.pem')}`);
  }
  await writeFile(file('rabbitmq.conf'), `${lines.join('\n')}\n`);
  const enabled = management === undefined ? plugins : [...plugins, 'rabbitmq_management'];
  await writeFile(file('enabled_plugins'), `[${enabled.join(',')}].\n`);
  const env = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `kq${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_PID_FILE: file('pid'),
    // Without it, a shell in between takes the signals.
    RUNNING_UNDER_SYSTEMD: '1',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  // Otherwise the server starts this port mapper of Erlang and leaves it running.
  const mapper = await startProcess({
    name: 'epmd',
    scheme: 'tcp',
    port: epmdPort,
    cwd: folder,
    command: () => ['epmd', '-address', '127.0.0.1', '-port', String(epmdPort)],
    isReady: isListening,
  });
  const program = (name: string) => join(programFolder()!, name);
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const server = await startProcess({
    name: 'RabbitMQ',
    scheme: 'amqp',
    port,
    cwd: folder,
    readyWithinMs: READY_MS,
    env,
    command: () => [program('rabbitmq-server')],
    async isReady() {
      const connection = await connect(url, { timeout: 2000 });
      await connection.close();
      return managementPort === undefined || isListening(managementPort);
    },
  });
  return {
    url,
    port,
    tlsPort,
    managementPort,
    control: (...args) => execFileSync(program('rabbitmqctl'), ['-q', ...args], { env, encoding: 'utf8' }),
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    lackMemory(isLacking) {
      execFileSync(program('rabbitmqctl'), ['set_vm_memory_high_watermark', isLacking ? '0.0000001' : '0.4'], { env, stdio: 'ignore' });
    },
    async stop() {
      await server.stop();
      await mapper.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function programFolder(): string | undefined {
  const versions = existsSync(LIBRARY) ? readdirSync(LIBRARY).filter((name) => name.startsWith('rabbitmq_server-')) : [];
  return versions.map((version) => join(LIBRARY, version, 'sbin')).find((folder) => existsSync(join(folder, 'rabbitmq-server')));
}
