/** Settings of a `messaging` adapter per environment. */
import { Type, type Static } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { idleCloseField } from '../shared/idle-close-field.ts';
import { OptionalTls } from '../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;

const ServerRow = Type.Object(
  {
    host: Type.String({
      ...fieldText('主机', 'Host', undefined, undefined, { example: 'mq-1.hospital-c.example' }),
      minLength: 1,
      maxLength: 255,
    }),
    port: Type.Optional(
      Type.Integer({
        ...fieldText('端口', 'Port', '不填时用该中间件的默认端口。', 'If left out, the default port of the broker.'),
        minimum: 1,
        maximum: 65_535,
      }),
    ),
  },
  closed,
);

export const MessagingSettings = Type.Object(
  {
    broker: Type.Union([Type.Literal('rabbitmq'), Type.Literal('kafka'), Type.Literal('amqp-1.0')], {
      ...fieldText('消息中间件', 'Broker', undefined, undefined, {
        options: {
          rabbitmq: ['RabbitMQ', 'RabbitMQ'],
          kafka: ['Apache Kafka', 'Apache Kafka'],
          'amqp-1.0': ['JMS 中间件：ActiveMQ、Artemis 等（AMQP 1.0）', 'JMS brokers: ActiveMQ, Artemis and others (AMQP 1.0)'],
        },
      }),
    }),
    servers: Type.Array(ServerRow, {
      ...fieldText('服务器', 'Servers', '集群填写多个；任一可用即可连接。', 'Several for a cluster; any of them is enough to connect.'),
      minItems: 1,
      maxItems: 20,
    }),
    virtualHost: Type.Optional(
      Type.String({
        ...fieldText(
          '虚拟主机',
          'Virtual host',
          '仅 RabbitMQ 与 AMQP 1.0；不填时为默认主机。',
          'RabbitMQ and AMQP 1.0 only; the default one if left out.',
          { example: 'hospital-c' },
        ),
        minLength: 1,
        maxLength: 255,
      }),
    ),
    addressForm: Type.Optional(
      Type.Union([Type.Literal('name'), Type.Literal('rabbitmq-3'), Type.Literal('rabbitmq-4')], {
        ...fieldText('地址格式', 'Form of addresses', '仅 AMQP 1.0。', 'AMQP 1.0 only.', {
          options: {
            name: ['队列名称（ActiveMQ、Artemis）', 'The name of the queue (ActiveMQ, Artemis)'],
            'rabbitmq-3': ['RabbitMQ 3 的 AMQP 1.0 插件', 'Plugin for AMQP 1.0 of RabbitMQ 3'],
            'rabbitmq-4': ['RabbitMQ 4', 'RabbitMQ 4'],
          },
        }),
        default: 'name',
      }),
    ),
    login: Type.Union([Type.Literal('password'), Type.Literal('scram-sha-256'), Type.Literal('scram-sha-512'), Type.Literal('none')], {
      ...fieldText('登录', 'Login', '用户名与口令存为凭据。', 'User and password are the credential.', {
        options: {
          password: ['用户名与口令', 'User and password'],
          'scram-sha-256': ['SCRAM-SHA-256（Kafka）', 'SCRAM-SHA-256 (Kafka)'],
          'scram-sha-512': ['SCRAM-SHA-512（Kafka）', 'SCRAM-SHA-512 (Kafka)'],
          none: ['不登录', 'None'],
        },
      }),
      default: 'password',
    }),
    tls: Type.Optional(OptionalTls),
    /** The operator decides this deliberately, for a broker without TLS in the same protected network. */
    allowPlain: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '允许明文',
          'Allow plain text',
          '仅当消息中间件不支持 TLS 且处于同一受保护网络时打开；患者数据将不加密传输。',
          'Only if the broker does not support TLS and is in the same protected network: patient data is then sent unencrypted.',
        ),
      }),
    ),
    window: Type.Optional(
      Type.Integer({
        ...fieldText(
          '发布窗口',
          'Messages in flight',
          '每个平台进程最多同时等待确认的消息数。',
          'Most messages per process of the platform that wait for the confirm of the broker at the same time.',
        ),
        minimum: 1,
        maximum: 10_000,
        default: 500,
      }),
    ),
    idleCloseMs: Type.Optional(idleCloseField(60_000)),
  },
  closed,
);
export type MessagingSettings = Static<typeof MessagingSettings>;
