import type { Output } from '../../api/operation-types.ts';
import { defineTexts } from '../../i18n/texts.ts';

export type BrokerItem = Output<'brokers.list'>['items'][number];
export type Broker = Output<'brokers.get'>;
export type Destination = Output<'brokers.destinations'>['items'][number];
export type Subscription = Output<'brokers.subscriptions'>['items'][number];
export type Session = Output<'brokers.sessions'>['items'][number];
export type VirtualHost = Output<'brokers.virtual-hosts'>['items'][number];

export const BROKER_TEXTS = defineTexts({
  brokers: ['消息中间件', 'Message brokers'],
  queue: ['队列', 'Queue'],
  topic: ['主题', 'Topic'],
  virtualHost: ['虚拟主机', 'Virtual host'],
  prefix: ['名称前缀', 'Name prefix'],
  servers: ['服务器', 'Servers'],
  whole: ['不限', 'Everything'],
  messages: ['消息数', 'Messages'],
  consumers: ['消费者', 'Consumers'],
  none: ['—', '—'],
});

/** The names of products as their vendors write them. */
export const PRODUCTS: Readonly<Record<string, string>> = {
  rabbitmq: 'RabbitMQ',
  kafka: 'Apache Kafka',
  amqp: 'AMQP 1.0',
  mqtt: 'MQTT',
  redis: 'Redis',
  stomp: 'STOMP',
  rocketmq: 'RocketMQ',
};
