/** The brokers that an adapter can choose. A broker's file and its client library are loaded when they are first used. */
import type { WireFormat } from '../../shared/probe/wire-formats.ts';
import type { Broker } from './broker.ts';

export interface BrokerKind {
  readonly port: number;
  readonly tlsPort: number;
  /** How a login looks on the wire. */
  readonly wire: WireFormat;
  load(): Promise<Broker>;
}

const ALL = {
  rabbitmq: { port: 5672, tlsPort: 5671, wire: 'binary', load: async () => (await import('./rabbitmq.ts')).default },
  kafka: { port: 9092, tlsPort: 9093, wire: 'binary', load: async () => (await import('./kafka.ts')).default },
  'amqp-1.0': { port: 5672, tlsPort: 5671, wire: 'binary', load: async () => (await import('./amqp.ts')).default },
  mqtt: { port: 1883, tlsPort: 8883, wire: 'binary', load: async () => (await import('./mqtt.ts')).default },
  redis: { port: 6379, tlsPort: 6380, wire: 'redis', load: async () => (await import('./redis.ts')).default },
  stomp: { port: 61613, tlsPort: 61614, wire: 'stomp', load: async () => (await import('./stomp.ts')).default },
} as const satisfies Readonly<Record<string, BrokerKind>>;
export type BrokerName = keyof typeof ALL;

export const BROKERS: Readonly<Record<BrokerName, BrokerKind>> = ALL;
