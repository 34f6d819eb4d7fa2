import { both, defineAlarmRule, SECONDS } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('存储中断', 'Store is down'),
    help: both('存储这么久没有应答。', 'The store has not responded for this long.'),
    unit: SECONDS,
  },
  bound: { least: 15, most: 3600, usual: 30 },
  severity: 'critical',
  describe: ({ code = '' }) => both(`存储没有应答（${code}）`, `The store does not respond (${code})`),
  advise: () =>
    both('检查数据库和网络；网关按最后的配置继续服务。', 'Check the database and the network; gateways serve on with their last plan.'),
  link: () => '/system',
  // No alarm can be stored while the store is down: see `watch-store.ts`.
  createCheck: () => () => Promise.resolve([]),
});
