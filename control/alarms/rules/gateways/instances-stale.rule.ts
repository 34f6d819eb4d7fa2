import { both, defineAlarmRule, MINUTE_MS, MINUTES, named, time } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('注册中心无可用名单', 'A registry centre gives no list'),
    help: both(
      '注册中心中断，或某服务的实例名单为空、过长、不可用，持续达到此时间；接口继续使用最后一份可用的名单。',
      'A registry centre has been away, or its list of a service has been empty, too long or unusable, for this long. Interfaces keep the last good list.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 2 },
  severity: 'warning',
  describe: ({ adapterId = '', count = 0, since = 0, code = '' }, name) =>
    both(
      `注册中心“${name?.['zh-CN'] ?? adapterId}”自 ${time(since)} 起没有给出 ${count} 个服务的可用名单（${code}）`,
      `The registry centre "${name?.en ?? adapterId}" has given no usable list of ${count} service(s) since ${time(since)} (${code})`,
    ),
  advise: () =>
    both(
      '在适配器页测试连接；名单为空时，核对服务是否登记、是否通过检查。',
      'Test the connection on the page of the adapter. If a list is empty, check that the service is registered and passes its checks.',
    ),
  link: ({ adapterId = '' }) => `/adapters/${adapterId}`,
  createCheck:
    ({ registry, clock, adapterNames }) =>
    async (bound) => {
      const late = (await registry.instanceLists.list())
        .filter(({ failing }) => failing !== undefined && clock.now() - failing.since >= bound * MINUTE_MS)
        .sort((a, b) => a.failing!.since - b.failing!.since);
      if (late.length === 0) return [];
      const names = await adapterNames();
      return [...new Set(late.map(({ adapterId }) => adapterId))].map((adapterId) => {
        const own = late.filter((list) => list.adapterId === adapterId);
        const { since, code } = own[0]!.failing!;
        return { subject: adapterId, values: { adapterId, count: own.length, since, code }, ...named(names.get(adapterId)) };
      });
    },
});
