/** The brokers that run here. */
import { Admin } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import type { Broker, Target } from '../../../nodes/messaging/brokers/broker.ts';
import { BROKERS } from '../../../nodes/messaging/brokers/brokers.ts';
import { prepareKafka, startKafka } from '../../servers/kafka.ts';
import { prepareRabbitmq, startRabbitmq } from '../../servers/rabbitmq.ts';

export interface TestBroker {
  readonly target: Pick<Target, 'servers' | 'login'>;
  /** Settings and credential of an adapter. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credential: string;
  readonly url: string;
  /** Creates a queue or topic that keeps what it has confirmed, and one order. */
  create(destination: string): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBrokerKind {
  readonly name: string;
  /** Why it cannot run here. */
  readonly skip: string | undefined;
  load(): Promise<Broker>;
  start(): Promise<TestBroker>;
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
      create: (name) => withRabbitmq(server.url, (model) => createQuorumQueue(model, name)),
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
  async start() {
    const server = await startKafka();
    const servers = [{ host: '127.0.0.1', port: server.loginPort }];
    return {
      target: { servers, login: { mechanism: 'scram-sha-256', user: 'bob', password: 'bob-secret' } },
      settings: { broker: 'kafka', servers, login: 'scram-sha-256', idleCloseMs: 200 },
      credential: 'bob:bob-secret',
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

export async function withRabbitmq<T>(url: string, work: (model: ChannelModel) => Promise<T>): Promise<T> {
  const model = await connect(url);
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

async function createQuorumQueue(model: ChannelModel, name: string): Promise<void> {
  const channel = await model.createChannel();
  await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
}
