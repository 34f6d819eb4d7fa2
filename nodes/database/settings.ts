/** Settings of a `database` adapter per environment. */
import { Type, type Static } from 'typebox';
import { fieldGroup, fieldText, fieldWhen } from '../../engine/contract/values/texts.ts';
import { idleCloseField } from '../shared/idle-close-field.ts';
import { optionalTls } from '../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;
const ON_SERVER = fieldWhen('engine', 'postgresql', 'mysql', 'mariadb', 'sqlserver', 'oracle');
const NAME = '^[^\\u0000-\\u001f\\u007f]+$';

export const DatabaseSettings = Type.Object(
  {
    engine: Type.Union(
      [
        Type.Literal('postgresql'),
        Type.Literal('mysql'),
        Type.Literal('mariadb'),
        Type.Literal('sqlserver'),
        Type.Literal('oracle'),
        Type.Literal('sqlite'),
      ],
      {
        ...fieldText(
          '数据库',
          'Database system',
          'SQL Server 与 Oracle 的驱动未在真实服务器上运行过，请先在测试环境核对。',
          'The drivers of SQL Server and Oracle were not run against a real server: check them in a test environment first.',
          {
            options: {
              postgresql: ['PostgreSQL', 'PostgreSQL'],
              mysql: ['MySQL', 'MySQL'],
              mariadb: ['MariaDB', 'MariaDB'],
              sqlserver: ['SQL Server', 'SQL Server'],
              oracle: ['Oracle', 'Oracle'],
              sqlite: ['SQLite（文件）', 'SQLite (file)'],
            },
          },
        ),
      },
    ),
    host: Type.Optional(
      Type.String({
        ...ON_SERVER,
        ...fieldText('主机', 'Host', undefined, undefined, { example: 'lis-db.hospital-c.example' }),
        minLength: 1,
        maxLength: 255,
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        ...ON_SERVER,
        ...fieldText('端口', 'Port', '不填时用该数据库的默认端口。', 'If left out, the default port of the database.'),
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    database: Type.Optional(
      Type.String({
        ...ON_SERVER,
        ...fieldText('库名', 'Database', 'Oracle 填服务名。', 'Oracle: the service name.', {
          example: 'lis',
        }),
        minLength: 1,
        maxLength: 128,
        pattern: NAME,
      }),
    ),
    user: Type.Optional(
      Type.String({
        ...ON_SERVER,
        ...fieldText(
          '用户',
          'User',
          '使用只有所需表权限的专用账号；密码存为凭据。',
          'An account of its own, with rights for the needed tables only; its password is the credential.',
          { example: 'kangqiao' },
        ),
        minLength: 1,
        maxLength: 128,
        pattern: NAME,
      }),
    ),
    tls: Type.Optional(optionalTls(ON_SERVER)),
    /** The operator decides this deliberately, for a database without TLS in the same protected network. */
    allowPlain: Type.Optional(
      Type.Boolean({
        ...ON_SERVER,
        ...fieldGroup('advanced'),
        ...fieldText(
          '允许明文',
          'Allow plain text',
          '仅当数据库不支持 TLS 且处于同一受保护网络时打开；患者数据将不加密传输。',
          'Only if the database does not support TLS and is in the same protected network: patient data is then sent unencrypted.',
        ),
      }),
    ),
    file: Type.Optional(
      Type.String({
        ...fieldWhen('engine', 'sqlite'),
        ...fieldText(
          '文件',
          'File',
          '数据库文件的绝对路径，须在 KQ_FILE_ROOTS 允许的目录中。',
          'Absolute path of the database file, in a folder that KQ_FILE_ROOTS allows.',
          { example: '/srv/lis/lis.db' },
        ),
        pattern: '^/',
        maxLength: 1000,
      }),
    ),
    connections: Type.Optional(
      Type.Integer({
        ...fieldGroup('advanced'),
        ...fieldText(
          '连接数',
          'Connections',
          '每个平台进程最多打开的连接；一个连接同时只执行一条语句。',
          'Most connections per process of the platform; each runs one statement at a time.',
        ),
        minimum: 1,
        maximum: 100,
        default: 4,
      }),
    ),
    idleCloseMs: Type.Optional(idleCloseField(60_000)),
  },
  closed,
);
export type DatabaseSettings = Static<typeof DatabaseSettings>;
