import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { ENGINES } from './engines.ts';
import { DatabaseSettings } from './settings.ts';

const NEEDED = { 'zh-CN': '请填写', en: 'must be filled in' };

export default defineAdapter({
  protocol: 'database',
  icon: 'database',
  choice: 'engine',
  text: {
    label: { 'zh-CN': '数据库', en: 'Database' },
    help: {
      'zh-CN': '一个数据库，或一个 SQLite 文件：流程在其中查询和写入数据。',
      en: 'A database, or a SQLite file, in which flows query and write.',
    },
    usedFor: {
      'zh-CN': 'HIS 前置库、中间表、视图，LIS 数据库',
      en: 'front-end database of a HIS, exchange tables and views, database of a LIS',
    },
    words: 'mssql sql server sqlserver SQL JDBC ODBC 存储过程',
  },
  settings: DatabaseSettings,
  credential: { 'zh-CN': '数据库用户的密码；SQLite 不需要。', en: 'The password of the database user; not needed for SQLite.' },
  check: (settings) => {
    const { engine } = settings as DatabaseSettings;
    const needed = ENGINES[engine].port === undefined ? (['file'] as const) : (['host', 'database', 'user'] as const);
    return needed.filter((field) => settings[field] === undefined).map((field) => ({ path: `/${field}`, message: NEEDED }));
  },
  connectsTo: (settings) => {
    const { engine, host, port = ENGINES[engine].port } = settings as DatabaseSettings;
    return host === undefined || port === undefined ? [] : [{ host, port }];
  },
  hasCharset: false,
});
