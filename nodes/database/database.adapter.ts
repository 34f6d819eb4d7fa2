import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { ENGINES } from './drivers/drivers.ts';
import { DatabaseSettings } from './settings.ts';

export default defineAdapter({
  protocol: 'database',
  icon: 'database',
  text: {
    label: { 'zh-CN': '数据库', en: 'Database' },
    help: {
      'zh-CN': '一个数据库：流程在其中查询数据。',
      en: 'A database that flows query.',
    },
  },
  settings: DatabaseSettings,
  credential: { 'zh-CN': '数据库用户的口令。', en: 'The password of the database user.' },
  connectsTo: (settings) => {
    const { engine, host, port } = settings as DatabaseSettings;
    return [{ host, port: port ?? ENGINES[engine].port }];
  },
  hasCharset: false,
});
