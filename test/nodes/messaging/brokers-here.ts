/** The brokers that run here. */
import { Admin } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Redis } from 'ioredis';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { Broker, Target } from '../../../nodes/messaging/brokers/broker.ts';
import { BROKERS } from '../../../nodes/messaging/brokers.ts';
import { prepareActiveMq, startActiveMq, type ActiveMqServer } from '../../servers/activemq.ts';
import { prepareKafka, startKafka } from '../../servers/kafka.ts';
import { prepareMosquitto, startMosquitto } from '../../servers/mosquitto.ts';
import { prepareRabbitmq, startRabbitmq } from '../../servers/rabbitmq.ts';
import { prepareRedis, startRedis } from '../../servers/redis.ts';
import { prepareRocketMq, startRocketMq } from '../../servers/rocketmq.ts';

export interface TestBroker {
  readonly target: Pick<Target, 'servers' | 'login' | 'addressForm'>;
  /** Settings and credential of an adapter. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credential: string;
  /** Settings of an adapter that passes a proxy by, if a broker sends its clients to one. It needs no credential. */
  readonly direct?: Readonly<Record<string, unknown>>;
  readonly url: string;
  /**
   * Creates a queue or topic that keeps what it has confirmed, and one order. `reader`: the group that will read it, for
   * brokers that keep nothing for others; the name of the destination by default.
   */
  create(destination: string, reader?: string, queues?: number): Promise<void>;
  /** kill -9; but a broker that keeps its messages in memory is ended in good order. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBrokerKind {
  readonly name: string;
  /** Why it cannot run here. */
  readonly skip: string | undefined;
  /** It creates a destination when it is first used. */
  readonly createsDestinations?: boolean;
  /** It hands out the next messages of a queue after all of the last ones were acknowledged. */
  readonly handsOutBatches?: boolean;
  readonly deadSuffix?: string;
  load(): Promise<Broker>;
  /** `announcedPort`: the port that a broker which tells its clients where to go on must name, because a proxy stands there. */
  start(announcedPort?: number): Promise<TestBroker>;
}

export const RABBITMQ: TestBrokerKind = {
  name: 'RabbitMQ',
  skip: prepareRabbitmq(),
  load: () => BROKERS.rabbitmq.load(),
  async start() {
    const server = await startRabbitmq();
    const servers = [{ host: '127.0.0.1', port: server.port }];
    return {
      target: { servers, login: { mechanism: 'password', user: 'guest', password: 'guest' } },
      settings: { broker: 'rabbitmq', servers, idleCloseMs: 200 },
      credential: 'guest:guest',
      url: server.url,
      create: (name) => withRabbitmq(server.url, (model) => createQueue(model, name, 'quorum')),
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

export const KAFKA: TestBrokerKind = {
  name: 'Kafka',
  skip: prepareKafka(),
  load: () => BROKERS.kafka.load(),
  async start(announcedPort) {
    const server = await startKafka({ announcedPort });
    const servers = [{ host: '127.0.0.1', port: server.loginPort }];
    return {
      target: { servers, login: { mechanism: 'scram-sha-256', user: 'bob', password: 'bob-secret' } },
      settings: { broker: 'kafka', servers, login: 'scram-sha-256', idleCloseMs: 200 },
      credential: 'bob:bob-secret',
      direct: { broker: 'kafka', servers: [{ host: '127.0.0.1', port: server.port }], login: 'none', idleCloseMs: 200 },
      url: `127.0.0.1:${server.port}`,
      async create(name) {
        const admin = new Admin({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${server.port}`], retries: 20, retryDelay: 250 });
        await admin.createTopics({ topics: [name], partitions: 1, replicas: 1 });
        await admin.close();
      },
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

/** ActiveMQ by AMQP 1.0. */
export const ACTIVEMQ = activeMq('ActiveMQ (AMQP 1.0)', 'amqp-1.0', ({ amqpPort }) => amqpPort);

/** ActiveMQ by STOMP. */
export const STOMP = activeMq('ActiveMQ (STOMP)', 'stomp', ({ stompPort }) => stompPort);

function activeMq(name: string, broker: 'amqp-1.0' | 'stomp', portOf: (server: ActiveMqServer) => number): TestBrokerKind {
  return {
    name,
    skip: prepareActiveMq(),
    createsDestinations: true,
    load: () => BROKERS[broker].load(),
    async start() {
      const server = await startActiveMq();
      const { user, password, kill, restart, stop } = server;
      const servers = [{ host: '127.0.0.1', port: portOf(server) }];
      return {
        target: { servers, login: { mechanism: 'password', user, password } },
        settings: { broker, servers, idleCloseMs: 200 },
        credential: `${user}:${password}`,
        url: `127.0.0.1:${portOf(server)}`,
        create: async () => undefined,
        ...{ kill, restart, stop },
      };
    },
  };
}

export const MQTT: TestBrokerKind = {
  name: 'Mosquitto (MQTT)',
  skip: prepareMosquitto(),
  createsDestinations: true,
  load: () => BROKERS.mqtt.load(),
  async start() {
    const { port, user, password, end, restart, stop } = await startMosquitto();
    const target: TestBroker['target'] = {
      servers: [{ host: '127.0.0.1', port }],
      login: { mechanism: 'password', user, password },
    };
    return {
      target,
      settings: { broker: 'mqtt', servers: target.servers, idleCloseMs: 200 },
      credential: `${user}:${password}`,
      url: `127.0.0.1:${port}`,
      async create(destination, reader = destination) {
        const subscription = { destination, group: reader, member: reader, window: 1, deadLetter: `${destination}.dead` };
        const later = { later: { code: 'NOT_NOW', message: 'Not now.' } };
        const consumer = await (await BROKERS.mqtt.load()).consume(reached(target), subscription, async () => later);
        await consumer.stop();
      },
      kill: end,
      restart,
      stop,
    };
  },
};

/** RabbitMQ by its plugin for AMQP 1.0, which waits for minutes for a quorum queue that has no leader yet. */
export const RABBITMQ_AMQP: TestBrokerKind = {
  name: 'RabbitMQ (AMQP 1.0)',
  skip: prepareRabbitmq(),
  load: () => BROKERS['amqp-1.0'].load(),
  async start() {
    const server = await startRabbitmq({ plugins: ['rabbitmq_amqp1_0'] });
    const servers = [{ host: '127.0.0.1', port: server.port }];
    return {
      target: { servers, login: { mechanism: 'password', user: 'guest', password: 'guest' }, addressForm: 'rabbitmq-3' },
      settings: { broker: 'amqp-1.0', servers, addressForm: 'rabbitmq-3', idleCloseMs: 200 },
      credential: 'guest:guest',
      url: server.url,
      create: (name) => withRabbitmq(server.url, (model) => createQueue(model, name, 'classic')),
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

export const REDIS: TestBrokerKind = {
  name: 'Redis',
  skip: prepareRedis(),
  load: () => BROKERS.redis.load(),
  async start() {
    const server = await startRedis({ args: ['--requirepass', 'lab-secret', '--appendonly', 'yes', '--appendfsync', 'always'] });
    const servers = [{ host: '127.0.0.1', port: server.port }];
    return {
      target: { servers, login: { mechanism: 'password', user: 'default', password: 'lab-secret' } },
      settings: { broker: 'redis', servers, idleCloseMs: 200 },
      credential: 'default:lab-secret',
      url: `127.0.0.1:${server.port}`,
      async create(key) {
        const redis = new Redis(server.port, '127.0.0.1', { password: 'lab-secret' });
        await redis.xgroup('CREATE', key, 'first', '$', 'MKSTREAM');
        await redis.quit();
      },
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

export const ROCKETMQ: TestBrokerKind = {
  name: 'RocketMQ',
  skip: prepareRocketMq(),
  handsOutBatches: true,
  deadSuffix: '-dead',
  load: () => BROKERS.rocketmq.load(),
  async start() {
    const server = await startRocketMq();
    const { accessKey, secretKey, kill, restart, stop } = server;
    const servers = [{ host: '127.0.0.1', port: server.port }];
    return {
      target: { servers, login: { mechanism: 'password', user: accessKey, password: secretKey } },
      settings: { broker: 'rocketmq', servers, idleCloseMs: 200 },
      credential: `${accessKey}:${secretKey}`,
      url: `127.0.0.1:${server.port}`,
      async create(destination, reader = destination, queues = 1) {
        for (const name of [destination, `${destination}-dead`, `${destination}-dead-dead`]) await server.createTopic(name, 'FIFO', queues);
        for (const group of [reader, `${destination}-dead`]) await server.createGroup(group, { isOrdered: true, retries: 100_000 });
      },
      ...{ kill, restart, stop },
    };
  },
};

/** What the tests themselves connect with. */
export function reached(target: TestBroker['target']): Target {
  return {
    ...target,
    virtualHost: undefined,
    tls: undefined,
    connectTimeoutMs: 5000,
    timeoutMs: 20_000,
    outbound: anywhere,
    clock: wallClock(),
    clientName: 'kangqiao test',
  };
}

export async function withRabbitmq<T>(url: string, work: (model: ChannelModel) => Promise<T>): Promise<T> {
  const model = await connect(url);
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

async function createQueue(model: ChannelModel, name: string, type: 'classic' | 'quorum'): Promise<void> {
  const channel = await model.createChannel();
  await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': type } });
}
