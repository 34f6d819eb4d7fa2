/** Settings of a `file` adapter per environment. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText, fieldWhen } from '../../../engine/contract/values/texts.ts';
import { idleCloseField } from '../../shared/idle-close-field.ts';
import { CertificateName, TrustedCa } from '../../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;
const ON_SERVER = fieldWhen('kind', 'ftp', 'sftp');
const FTP = fieldWhen('kind', 'ftp');
const PLAIN = '^[^\\u0000-\\u001f\\u007f]+$';

export const FileSettings = Type.Object(
  {
    kind: Type.Union([Type.Literal('local'), Type.Literal('ftp'), Type.Literal('sftp'), Type.Literal('server')], {
      ...fieldText('位置', 'Place', undefined, undefined, {
        options: {
          local: ['本机目录', 'Folder of this machine'],
          ftp: ['FTP / FTPS 服务器', 'FTP or FTPS server'],
          sftp: ['SFTP 服务器（SSH）', 'SFTP server (SSH)'],
          server: ['平台作为 FTP 服务器接收', 'The platform itself, as FTP server'],
        },
      }),
    }),
    folder: Type.Optional(
      Type.String({
        ...fieldText(
          '目录',
          'Folder',
          '节点只使用其中的文件。本机目录：绝对路径，须在 KQ_FILE_ROOTS 允许的目录中。服务器：不填时为登录后的目录。',
          'Nodes use files in it only. On this machine: an absolute path, in a folder that KQ_FILE_ROOTS allows. On a server: the folder after login if left out.',
          { example: '/srv/lis' },
        ),
        minLength: 1,
        maxLength: 1000,
        pattern: PLAIN,
      }),
    ),
    host: Type.Optional(
      Type.String({
        ...ON_SERVER,
        ...fieldText('主机', 'Host', undefined, undefined, { example: 'ftp.hospital-c.example' }),
        minLength: 1,
        maxLength: 255,
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        ...ON_SERVER,
        ...fieldText('端口', 'Port', '不填时：FTP 21，隐式 TLS 990，SFTP 22。', 'If left out: FTP 21, implicit TLS 990, SFTP 22.'),
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    user: Type.Optional(
      Type.String({
        ...ON_SERVER,
        ...fieldText('用户', 'User', undefined, undefined, { example: 'kangqiao' }),
        minLength: 1,
        maxLength: 128,
        pattern: PLAIN,
      }),
    ),
    hostKeys: Type.Optional(
      Type.Array(Type.String({ pattern: '^SHA256:[A-Za-z0-9+/]{43}=?$' }), {
        ...fieldWhen('kind', 'sftp'),
        ...fieldText(
          '服务器公钥指纹',
          'Fingerprints of host keys',
          '必填：服务器管理员用 ssh-keygen -lf 查得的 SHA256 指纹；不符时拒绝连接。',
          'Required: the SHA256 fingerprints that the administrator of the server sees with ssh-keygen -lf. Others are refused.',
          { example: 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8' },
        ),
        minItems: 1,
        maxItems: 10,
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          mode: Type.Union([Type.Literal('explicit'), Type.Literal('implicit')], {
            ...fieldText('方式', 'Mode', undefined, undefined, {
              options: { explicit: ['显式（AUTH TLS）', 'Explicit (AUTH TLS)'], implicit: ['隐式', 'Implicit'] },
            }),
            default: 'explicit',
          }),
          ca: Type.Optional(TrustedCa),
          serverName: Type.Optional(CertificateName),
        },
        {
          ...fieldText(
            'TLS（FTPS）',
            'TLS (FTPS)',
            '控制连接与数据连接都加密，并验证对方证书；不使用时只能连本机，除非允许明文。',
            'Control and data connections are encrypted and the certificate is checked; without TLS only this machine can be reached, unless plain text is allowed.',
          ),
          ...fieldEditor('optional-group'),
          ...FTP,
          ...closed,
        },
      ),
    ),
    /** The operator decides this deliberately, for a server without TLS in the same protected network. */
    allowPlain: Type.Optional(
      Type.Boolean({
        ...FTP,
        ...fieldGroup('advanced'),
        ...fieldText(
          '允许明文',
          'Allow plain text',
          '仅当服务器不支持 TLS 且处于同一受保护网络时打开；密码与患者数据将不加密传输。',
          'Only if the server does not support TLS and is in the same protected network: password and patient data are then sent unencrypted.',
        ),
      }),
    ),
    nameCharset: Type.Optional(
      Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK')], {
        ...fieldWhen('kind', 'ftp', 'server'),
        ...fieldGroup('advanced'),
        ...fieldText('文件名字符集', 'Charset of file names'),
        default: 'UTF-8',
      }),
    ),
    listen: Type.Optional(
      Type.Object(
        {
          host: Type.String({
            ...fieldText('监听主机', 'Listen on host', undefined, undefined, { example: '0.0.0.0' }),
            minLength: 1,
            maxLength: 255,
          }),
          port: Type.Integer({ ...fieldText('监听端口', 'Listen on port'), minimum: 0, maximum: 65_535, default: 2121 }),
          passiveFrom: Type.Integer({
            ...fieldText('数据端口自', 'Data ports from', '须在防火墙上开放；0 为任意端口。', 'To be opened in the firewall; 0 for any.'),
            minimum: 0,
            maximum: 65_535,
            default: 0,
          }),
          passiveTo: Type.Integer({ ...fieldText('数据端口至', 'Data ports to'), minimum: 0, maximum: 65_535, default: 0 }),
          announce: Type.Optional(
            Type.String({
              ...fieldText(
                '对外地址',
                'Address for clients',
                '经地址转换（NAT）时，对方连接的 IPv4 地址。',
                'The IPv4 address that clients connect to, behind address translation.',
              ),
              pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$',
            }),
          ),
          tls: Type.Optional(
            Type.Boolean({
              ...fieldText(
                '使用 TLS',
                'With TLS',
                '不设置时：本机回环不用，其余都用；只有本机回环可以不用。',
                'If left out: off on loopback, on everywhere else. It can only be turned off on loopback.',
              ),
            }),
          ),
          maxConnections: Type.Integer({ ...fieldText('连接上限', 'Most connections'), minimum: 1, maximum: 1000, default: 50 }),
          idleTimeoutMs: Type.Integer({
            ...fieldText('空闲超时', 'Idle time-out'),
            ...fieldEditor('duration-ms'),
            minimum: 1000,
            maximum: 3_600_000,
            default: 120_000,
          }),
        },
        {
          ...fieldText('接收地址', 'Receive at', '除本机回环外须用 TLS（AUTH TLS）。', 'TLS (AUTH TLS) is demanded except on loopback.'),
          ...fieldEditor('optional-group'),
          ...fieldWhen('kind', 'server'),
          ...closed,
        },
      ),
    ),
    connections: Type.Optional(
      Type.Integer({
        ...fieldGroup('advanced'),
        ...fieldText(
          '连接数',
          'Connections',
          '每个平台进程最多打开的连接；一个连接同时只供一个步骤使用。',
          'Most connections per process of the platform; each is used by one step at a time.',
        ),
        minimum: 1,
        maximum: 100,
        default: 2,
      }),
    ),
    idleCloseMs: Type.Optional(idleCloseField(30_000)),
  },
  closed,
);
export type FileSettings = Static<typeof FileSettings>;
