/**
 * Apache RocketMQ 5.3 in one process: name server, broker and proxy. Fetched by Maven once; started, stopped, killed and
 * started again by tests.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../conformance/eventually.ts';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('rocketmq/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/rocketmq/', import.meta.url));
const bindLocal = `${cache}bindlocal.so`;
const READY_MS = 90_000;
const JAVA = [
  ...['-Xmx640m', '-XX:MaxDirectMemorySize=512m', '-XX:+UseSerialGC'],
  ...['--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED', '--add-exports=java.base/sun.nio.ch=ALL-UNNAMED'],
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
];

export interface RocketMqOptions {
  /** PEM of a certificate and its key. Plain text is accepted beside TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface RocketMqServer extends Pick<ServerProcess, 'kill' | 'restart' | 'stop'> {
  /** Port of the proxy, for clients of gRPC. */
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  /** `FIFO` topics keep the order of a message group. */
  createTopic(name: string, type: 'FIFO' | 'NORMAL', queues: number): Promise<void>;
  createGroup(name: string, options: { readonly isOrdered: boolean; readonly retries: number }): Promise<void>;
}

/** Why RocketMQ cannot be had here, or undefined when it is there. */
export function prepareRocketMq(): string | undefined {
  return prepareJars({ name: 'RocketMQ', source, cache, tools: ['java'] }) ?? prepareBindLocal();
}

function prepareBindLocal(): string | undefined {
  if (existsSync(bindLocal)) return undefined;
  mkdirSync(cache, { recursive: true });
  const fresh = `${bindLocal}-${process.pid}`;
  const built = spawnSync('cc', ['-shared', '-fPIC', '-o', fresh, `${source}bindlocal.c`, '-ldl'], { encoding: 'utf8' });
  if (built.status !== 0) return `the C compiler cc could not build bindlocal.c: ${built.stderr ?? 'not installed'}`;
  renameSync(fresh, bindLocal);
  return undefined;
}

export async function startRocketMq({ tls }: RocketMqOptions = {}): Promise<RocketMqServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-rocketmq-'));
  const [port, nameServerPort, brokerPort, remotingPort, haPort] = await freePorts();
  const [accessKey, secretKey] = ['lab', 'lab-secret'];
  await mkdir(join(folder, 'home/conf'), { recursive: true });
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const nameServer = `127.0.0.1:${nameServerPort}`;
  const settings = [
    await file('namesrv.conf', `bindAddress=127.0.0.1\nlistenPort=${nameServerPort}\nkvConfigPath=${folder}/kv.json\n`),
    await file(
      'broker.conf',
      [
        ...['brokerClusterName=DefaultCluster', 'brokerName=broker-a', 'brokerId=0', 'brokerRole=ASYNC_MASTER'],
        ...['brokerIP1=127.0.0.1', 'bindAddress=127.0.0.1', `listenPort=${brokerPort}`, `haListenPort=${haPort}`],
        `namesrvAddr=${nameServer}`,
        ...[`storePathRootDir=${folder}/store`, `storePathCommitLog=${folder}/store/commitlog`],
        ...['mappedFileSizeCommitLog=67108864', 'mappedFileSizeConsumeQueue=600000', 'diskMaxUsedSpaceRatio=95'],
        ...['flushDiskType=ASYNC_FLUSH', 'autoCreateTopicEnable=false'],
        // The broker creates the user, the proxy asks for the login.
        'authenticationMetadataProvider=org.apache.rocketmq.auth.authentication.provider.LocalAuthenticationMetadataProvider',
        `initAuthenticationUser=${JSON.stringify({ username: accessKey, password: secretKey })}`,
        '',
      ].join('\n'),
    ),
    await file(
      'proxy.json',
      JSON.stringify({
        rocketMQClusterName: 'DefaultCluster',
        namesrvAddr: nameServer,
        grpcServerPort: port,
        remotingListenPort: remotingPort,
        localServeAddr: '127.0.0.1',
        authenticationEnabled: true,
        authenticationProvider: 'org.apache.rocketmq.auth.authentication.provider.DefaultAuthenticationProvider',
        authenticationMetadataProvider: 'org.apache.rocketmq.proxy.auth.ProxyAuthenticationMetadataProvider',
        ...(tls === undefined
          ? {}
          : {
              tlsTestModeEnable: false,
              tlsKeyPath: await file('key.pem', tls.key),
              tlsCertPath: await file('cert.pem', tls.cert),
            }),
      }),
    ),
  ];
  const server = await startProcess({
    name: 'RocketMQ',
    scheme: 'rocketmq',
    port,
    cwd: folder,
    // Without this home, it writes logs and its store into that of the person who runs the tests.
    env: { ...process.env, ROCKETMQ_HOME: join(folder, 'home'), NAMESRV_ADDR: nameServer, LD_PRELOAD: bindLocal },
    readyWithinMs: READY_MS,
    command: () => [
      'java',
      ...JAVA,
      `-Duser.home=${folder}`,
      '-cp',
      `${cache}lib/*`,
      `${source}RocketMqMain.java`,
      ...settings,
      nameServer,
    ],
    isReady: isListening,
  });
  return {
    port,
    accessKey,
    secretKey,
    async createTopic(name, type, queues) {
      await administrate(brokerPort, UPDATE_TOPIC, {
        ...{ topic: name, defaultTopic: 'TBW102', readQueueNums: `${queues}`, writeQueueNums: `${queues}`, perm: '6' },
        ...{ topicFilterType: 'SINGLE_TAG', topicSysFlag: '0', order: 'false', attributes: `+message.type=${type}` },
      });
      // The broker reports it to the name server later, on a busy machine after seconds.
      await eventually(async () => isDone(administrate(nameServerPort, ROUTE_OF_TOPIC, { topic: name })), ROUTED_MS);
    },
    createGroup: (name, { isOrdered, retries }) =>
      administrate(brokerPort, UPDATE_GROUP, {}, { groupName: name, consumeMessageOrderly: isOrdered, retryMaxTimes: retries }),
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The broker takes a second port two below its own. */
async function freePorts(): Promise<readonly [number, number, number, number, number]> {
  return [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
}

const UPDATE_TOPIC = 17;
const ROUTE_OF_TOPIC = 105;
/** A broker reports to its name server every 30 s at the latest. */
const ROUTED_MS = 90_000;
const UPDATE_GROUP = 200;

function isDone(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

/** One command of the broker's own protocol: lengths, a header in JSON, a body. Its tool would take seconds for each. */
async function administrate(port: number, code: number, extFields: Readonly<Record<string, string>>, body?: object): Promise<void> {
  const header = Buffer.from(JSON.stringify({ code, language: 'OTHER', version: 0, opaque: 1, flag: 0, extFields }));
  const content = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + header.length + content.length, 0);
  lengths.writeUInt32BE(header.length, 4);
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(Buffer.concat([lengths, header, content]));
    socket.setTimeout(10_000, () => socket.destroy(new Error('the broker does not answer')));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const { code: result, remark } = JSON.parse(answer.subarray(8, 8 + (answer.readUInt32BE(4) & 0xffffff)).toString()) as {
      readonly code: number;
      readonly remark?: string;
    };
    if (result !== 0) throw new Error(`RocketMQ refused the command ${code}: ${result} ${remark}`);
  } finally {
    socket.destroy();
  }
}
