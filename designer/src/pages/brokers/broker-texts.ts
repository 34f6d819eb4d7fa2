import type { Output } from '../../api/operation-types.ts';
import { defineTexts, translateWith, type Language, type Texts } from '../../i18n/text-pairs.ts';

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

/** Types of queues and topics, and states of consumer groups, by the broker's own word. */
const BROKER_WORDS: Texts = defineTexts({
  quorum: ['仲裁队列', 'quorum'],
  classic: ['经典队列', 'classic'],
  stream: ['流', 'stream'],
  topic: ['按通配符', 'topic'],
  direct: ['按路由键', 'direct'],
  fanout: ['广播', 'fanout'],
  headers: ['按消息头', 'headers'],
  log: ['分区日志', 'partitioned log'],
  Stable: ['稳定', 'stable'],
  Empty: ['没有成员', 'no members'],
  Dead: ['已结束', 'ended'],
  PreparingRebalance: ['准备重新分配', 'preparing rebalance'],
  CompletingRebalance: ['完成重新分配', 'completing rebalance'],
  Assigning: ['正在分配', 'assigning'],
  Reconciling: ['正在协调', 'reconciling'],
  NotReady: ['未就绪', 'not ready'],
  Unknown: ['未知', 'unknown'],
});

/** Returns the text of a broker's word in this language; a word that is not known stays as it is. */
export function brokerWord(word: string, language: Language): string {
  return Object.hasOwn(BROKER_WORDS, word) ? translateWith(BROKER_WORDS, language)(word) : word;
}

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
