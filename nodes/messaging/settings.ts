/** Settings of a `messaging` adapter per environment. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText, fieldWhen } from '../../engine/contract/values/texts.ts';
import { idleCloseField } from '../shared/idle-close-field.ts';
import { optionalTls } from '../shared/tls-fields.ts';

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

const Management = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        ...fieldText('主机', 'Host', '不填时为第一台服务器。', 'The first server if left out.', { example: 'mq-1.hospital-c.example' }),
        minLength: 1,
        maxLength: 255,
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        ...fieldText('端口', 'Port', '不填时为 15672，使用 TLS 时为 15671。', '15672 if left out; with TLS 15671.'),
        minimum: 1,
        maximum: 65_535,
      }),
    ),
  },
  {
    ...fieldText(
      '管理接口',
      'Management API',
      '管理插件的地址，用于“消息中间件”页面；凭据中的用户须有 management 标签。TLS 与上面相同。',
      'The address of its management plugin, for the page Message brokers; the user of the credential needs the tag management. TLS as above.',
    ),
    ...fieldEditor('optional-group'),
    ...fieldWhen('broker', 'rabbitmq'),
    ...closed,
  },
);

export const MessagingSettings = Type.Object(
  {
    broker: Type.Union(
      [
        Type.Literal('rabbitmq'),
        Type.Literal('kafka'),
        Type.Literal('amqp-1.0'),
        Type.Literal('mqtt'),
        Type.Literal('redis'),
        Type.Literal('stomp'),
        Type.Literal('rocketmq'),
      ],
      {
        ...fieldText('消息中间件', 'Broker', undefined, undefined, {
          options: {
            rabbitmq: ['RabbitMQ', 'RabbitMQ'],
            kafka: ['Apache Kafka', 'Apache Kafka'],
            'amqp-1.0': ['JMS 中间件：ActiveMQ、Artemis 等（AMQP 1.0）', 'JMS brokers: ActiveMQ, Artemis and others (AMQP 1.0)'],
            mqtt: ['MQTT 5', 'MQTT 5'],
            redis: ['Redis Streams', 'Redis streams'],
            stomp: ['STOMP 1.2（ActiveMQ 等）', 'STOMP 1.2 (ActiveMQ and others)'],
            rocketmq: ['Apache RocketMQ 5（Proxy 的 gRPC 端口）', 'Apache RocketMQ 5 (gRPC port of its proxy)'],
          },
        }),
      },
    ),
    servers: Type.Array(ServerRow, {
      ...fieldText('服务器', 'Servers', '集群填写多个；任一可用即可连接。', 'Several for a cluster; any of them is enough to connect.'),
      minItems: 1,
      maxItems: 20,
    }),
    virtualHost: Type.Optional(
      Type.String({
        ...fieldWhen('broker', 'rabbitmq', 'amqp-1.0', 'stomp', 'redis'),
        ...fieldText(
          '虚拟主机',
          'Virtual host',
          '不填时为默认主机。Redis 填数据库编号，不填时为 0。',
          'The default one if left out. For Redis the number of the database, 0 if left out.',
          { example: 'hospital-c' },
        ),
        minLength: 1,
        maxLength: 255,
      }),
    ),
    addressForm: Type.Optional(
      Type.Union([Type.Literal('name'), Type.Literal('rabbitmq-3'), Type.Literal('rabbitmq-4')], {
        ...fieldGroup('advanced'),
        ...fieldWhen('broker', 'amqp-1.0'),
        ...fieldText('地址格式', 'Form of addresses', undefined, undefined, {
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
      ...fieldText('登录', 'Login', '用户名与密码存为凭据。', 'User and password are the credential.', {
        options: {
          password: ['用户名与密码', 'User and password'],
          'scram-sha-256': ['SCRAM-SHA-256（Kafka）', 'SCRAM-SHA-256 (Kafka)'],
          'scram-sha-512': ['SCRAM-SHA-512（Kafka）', 'SCRAM-SHA-512 (Kafka)'],
          none: ['不登录', 'None'],
        },
      }),
      default: 'password',
    }),
    tls: Type.Optional(optionalTls()),
    /** The operator decides this deliberately, for a broker without TLS in the same protected network. */
    allowPlain: Type.Optional(
      Type.Boolean({
        ...fieldGroup('advanced'),
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
        ...fieldGroup('advanced'),
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
    management: Type.Optional(Management),
    namePrefix: Type.Optional(
      Type.String({
        ...fieldGroup('advanced'),
        ...fieldText(
          '名称前缀',
          'Name prefix',
          '多家机构共用一个中间件时填写：该适配器的节点和“消息中间件”页面只能使用、查看以此开头的队列和主题。请以分隔符结尾：hospital-1 也包含 hospital-10。',
          'If several organisations share the broker: nodes with this adapter and the page Message brokers use and see only queues and topics that begin with it. End it with a separator: hospital-1 covers hospital-10 too.',
          { example: 'hospital-c-' },
        ),
        minLength: 1,
        maxLength: 100,
        pattern: '^[A-Za-z0-9._-]+$',
      }),
    ),
  },
  closed,
);
export type MessagingSettings = Static<typeof MessagingSettings>;
