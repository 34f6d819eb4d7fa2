/** Settings of an `mllp` adapter per environment: where to send, where to listen, which peers are allowed. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText } from '../../engine/contract/values/texts.ts';
import { idleCloseField } from '../shared/idle-close-field.ts';
import { CertificateName, TrustedCa } from '../shared/tls-fields.ts';

const Host = Type.String({
  ...fieldText('主机', 'Host', undefined, undefined, { example: 'his.hospital-c.example' }),
  minLength: 1,
  maxLength: 255,
});
const Port = Type.Integer({ ...fieldText('端口', 'Port'), minimum: 0, maximum: 65_535 });

export const SendSettings = Type.Object({
  host: Host,
  port: Port,
  tls: Type.Optional(
    Type.Object(
      {
        ca: Type.Optional(TrustedCa),
        serverName: Type.Optional(CertificateName),
        clientCertificate: Type.Optional(
          Type.Boolean({
            ...fieldText(
              '出示客户端证书',
              'Client certificate',
              '凭据为证书与私钥的 PEM。',
              'The credential is the PEM of certificate and key.',
            ),
          }),
        ),
      },
      {
        ...fieldText(
          'TLS',
          'TLS',
          '连接加密；不使用时只能连本机，除非允许明文。',
          'The connection is encrypted; without TLS only this machine can be reached, unless plain text is allowed.',
        ),
        ...fieldEditor('optional-group'),
        additionalProperties: false,
      },
    ),
  ),
  /**
   * Allows sending without TLS. The operator decides this deliberately, for a system without TLS in the same
   * protected network.
   */
  allowPlain: Type.Optional(
    Type.Boolean({
      ...fieldGroup('advanced'),
      ...fieldText(
        '允许明文',
        'Allow plain text',
        '仅当对方不支持 TLS 且处于同一受保护网络时打开；患者数据将不加密传输。',
        'Only if the other side does not support TLS and is in the same protected network: patient data is then sent unencrypted.',
      ),
    }),
  ),
  connections: Type.Optional(
    Type.Integer({
      ...fieldGroup('advanced'),
      ...fieldText('连接数', 'Connections', '每个连接一次只发一条消息。', 'Each carries one message at a time.'),
      minimum: 1,
      maximum: 16,
      default: 1,
    }),
  ),
  idleCloseMs: Type.Optional(idleCloseField(60_000)),
});
export type SendSettings = Static<typeof SendSettings>;

export const ListenSettings = Type.Object({
  /** If `listen` is absent, an adapter that only receives listens on its `host` and `port`. */
  listen: Type.Optional(
    Type.Object(
      { host: Host, port: Port },
      {
        ...fieldText(
          '监听地址',
          'Listen at',
          '平台在此接收对方发来的消息；只接收时不必填写上面的主机与端口。',
          'The address on which the platform receives messages from the other side; an adapter that only receives needs no host and port above.',
        ),
        ...fieldEditor('optional-group'),
        additionalProperties: false,
      },
    ),
  ),
  host: Type.Optional(Host),
  port: Type.Optional(Port),
  listenTls: Type.Optional(
    Type.Boolean({
      ...fieldGroup('receiving'),
      ...fieldText(
        '监听使用 TLS',
        'Listen with TLS',
        '不设置时：监听本机回环不用，其余都用；只有本机回环可以不用。',
        'If left out: off on loopback, on everywhere else. It can only be turned off on loopback.',
      ),
    }),
  ),
  peers: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      ...fieldText(
        '对端',
        'Peers',
        'IP、网段，或客户端证书名 cn:NAME；空表拒绝所有连接。',
        'Addresses, networks, or cn:NAME of a client certificate; an empty list refuses all.',
      ),
      maxItems: 1000,
    }),
  ),
  maxFrameBytes: Type.Optional(
    Type.Integer({
      ...fieldGroup('receiving'),
      ...fieldText('单条上限', 'Largest message'),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 104_857_600,
      default: 10_485_760,
    }),
  ),
  maxConnections: Type.Optional(
    Type.Integer({ ...fieldGroup('receiving'), ...fieldText('连接上限', 'Most connections'), minimum: 1, maximum: 10_000, default: 256 }),
  ),
  maxUnhandled: Type.Optional(
    Type.Integer({
      ...fieldGroup('receiving'),
      ...fieldText('每连接未确认上限', 'Maximum unacknowledged per connection'),
      minimum: 1,
      maximum: 10_000,
      default: 64,
    }),
  ),
  idleTimeoutMs: Type.Optional(
    Type.Integer({
      ...fieldGroup('receiving'),
      ...fieldText('空闲超时', 'Idle time-out'),
      ...fieldEditor('duration-ms'),
      minimum: 100,
      maximum: 86_400_000,
      default: 600_000,
    }),
  ),
  frameTimeoutMs: Type.Optional(
    Type.Integer({
      ...fieldGroup('receiving'),
      ...fieldText('半条消息超时', 'Time-out of half a message'),
      ...fieldEditor('duration-ms'),
      minimum: 100,
      maximum: 600_000,
      default: 30_000,
    }),
  ),
  ackTimeoutMs: Type.Optional(
    Type.Integer({
      ...fieldGroup('receiving'),
      ...fieldText(
        '应答读取超时',
        'Time-out of reading ACKs',
        '对方超过此时间不读取应答即断开；已接收的消息不受影响，重发时按重复处理。',
        'A peer that reads no ACKs for this long is disconnected; accepted messages are kept and recognised as duplicates if they are sent again.',
      ),
      ...fieldEditor('duration-ms'),
      minimum: 100,
      maximum: 600_000,
      default: 10_000,
    }),
  ),
});
export type ListenSettings = Static<typeof ListenSettings>;
