/** Apache Kafka 4.4 in one process, without a separate controller: fetched by Maven once, started, stopped and killed by tests. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('kafka/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/kafka/', import.meta.url));
const READY_MS = 90_000;
const JAVA = ['-Xmx512m', '-Xms256m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${source}log4j2.yaml`, '-cp', `${cache}lib/*`];

export interface KafkaServer extends Pick<ServerProcess, 'port' | 'pid' | 'kill' | 'restart'> {
  /** Demands a login: `alice` with the password `alice-secret` by PLAIN, `bob` with `bob-secret` by SCRAM. */
  readonly loginPort: number;
  /** Port for TLS without login, if a certificate was given. */
  readonly tlsPort: number | undefined;
  /** Ends it in good order, and removes its folder. */
  stop(): Promise<void>;
}

export interface KafkaOptions {
  /** PEM of a certificate and its key. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The port that clients with a login are sent to, if a proxy stands before it. */
  readonly announcedPort?: number | undefined;
}

/** Why Kafka cannot be had here, or undefined when it is there. */
export function prepareKafka(): string | undefined {
  return prepareJars({ name: 'Kafka', source, cache, tools: ['java'] });
}

export async function startKafka({ tls, announcedPort }: KafkaOptions = {}): Promise<KafkaServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-kafka-'));
  const [port, loginPort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const tlsPort = tls === undefined ? undefined : await freePort();
  const settings = join(folder, 'server.properties');
  if (tls !== undefined) await writeFile(join(folder, 'server.pem'), `${tls.key}\n${tls.cert}\n`);
  const withTls = tls === undefined ? '' : `,SSL://127.0.0.1:${tlsPort}`;
  const login = 'org.apache.kafka.common.security';
  await writeFile(
    settings,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},SASL://127.0.0.1:${loginPort},CONTROLLER://127.0.0.1:${controllerPort}${withTls}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL://127.0.0.1:${announcedPort ?? loginPort}${withTls}`,
      ...(tls === undefined ? [] : ['ssl.keystore.type=PEM', `ssl.keystore.location=${join(folder, 'server.pem')}`]),
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL',
      'inter.broker.listener.name=PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      `log.dirs=${join(folder, 'data')}`,
      'num.partitions=1',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=4',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'transaction.state.log.num.partitions=4',
      'group.initial.rebalance.delay.ms=0',
      'auto.create.topics.enable=false',
      'num.network.threads=2',
      'num.io.threads=2',
      'log.cleaner.enable=false',
      // A broker that was killed is back sooner.
      'broker.session.timeout.ms=2000',
      'broker.heartbeat.interval.ms=500',
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      `listener.name.sasl.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_alice="alice-secret";`,
      `listener.name.sasl.scram-sha-256.sasl.jaas.config=${login}.scram.ScramLoginModule required;`,
      `listener.name.sasl.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;`,
      '',
    ].join('\n'),
  );
  const accounts = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => ['--add-scram', `${name}=[name=bob,password=bob-secret]`]);
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const format = ['kafka.tools.StorageTool', 'format', '--standalone', '-t', clusterId, '-c', settings, ...accounts];
  await run('java', [...JAVA, ...format], { cwd: folder });
  const server = await startProcess({
    name: 'Kafka',
    scheme: 'kafka',
    port,
    cwd: folder,
    readyWithinMs: READY_MS,
    command: () => ['java', ...JAVA, 'kafka.Kafka', settings],
    isReady: isListening,
  });
  return {
    port,
    loginPort,
    tlsPort,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
