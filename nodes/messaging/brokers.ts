/** The brokers that an adapter can choose. A broker's file and its client library are loaded when they are first used. */
import type { WireFormat } from '../shared/probe/wire-formats.ts';
import type { Broker } from './brokers/broker.ts';

export interface BrokerKind {
  readonly port: number;
  readonly tlsPort: number;
  /** How a login looks on the wire. */
  readonly wire: WireFormat;
  /** What the place of dead letters is called after its source; `.dead` by default, where names can have a dot. */
  readonly deadSuffix?: string;
  load(): Promise<Broker>;
}

export function deadLetterOf(broker: BrokerName, destination: string): string {
  return destination + (BROKERS[broker].deadSuffix ?? '.dead');
}

const ALL = {
  rabbitmq: { port: 5672, tlsPort: 5671, wire: 'binary', load: async () => (await import('./brokers/rabbitmq.ts')).default },
  kafka: { port: 9092, tlsPort: 9093, wire: 'binary', load: async () => (await import('./brokers/kafka.ts')).default },
  'amqp-1.0': { port: 5672, tlsPort: 5671, wire: 'binary', load: async () => (await import('./brokers/amqp.ts')).default },
  mqtt: { port: 1883, tlsPort: 8883, wire: 'binary', load: async () => (await import('./brokers/mqtt.ts')).default },
  redis: { port: 6379, tlsPort: 6380, wire: 'redis', load: async () => (await import('./brokers/redis.ts')).default },
  stomp: { port: 61613, tlsPort: 61614, wire: 'stomp', load: async () => (await import('./brokers/stomp.ts')).default },
  rocketmq: {
    ...{ port: 8081, tlsPort: 8081, wire: 'binary', deadSuffix: '-dead' },
    load: async () => (await import('./brokers/rocketmq/rocketmq.ts')).default,
  },
} as const satisfies Readonly<Record<string, BrokerKind>>;
export type BrokerName = keyof typeof ALL;

export const BROKERS: Readonly<Record<BrokerName, BrokerKind>> = ALL;
