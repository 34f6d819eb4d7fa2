import { both, defineAlarmRule, MINUTES, time } from '../alarm-rule.ts';
import { findConditions } from '../find-conditions.ts';

export default defineAlarmRule({
  text: {
    label: both('熔断', 'Breaker open'),
    help: both(
      '某接口的后端因失败过多被熔断，或由人工暂停，持续达到此时间。',
      'Calls of the service behind an interface have been paused for this long, because it fails or because a person paused them.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 1 },
  severity: 'critical',
  describe({ interfaceId = '', group = '', since = 0, by = '', until }, name) {
    const end = until === undefined ? both('', '') : both(`，到 ${time(until)} 为止`, ` until ${time(until)}`);
    return by === 'person'
      ? both(
          `接口“${name?.['zh-CN'] ?? interfaceId}”自 ${time(since)} 起由人工暂停调用${end['zh-CN']}，调用被拒绝（GW50306）`,
          `A person paused the calls of the interface "${name?.en ?? interfaceId}" at ${time(since)}${end.en}; calls are refused with GW50306`,
        )
      : both(
          `接口“${name?.['zh-CN'] ?? interfaceId}”（实例组 ${group}）的后端失败过多，自 ${time(since)} 起熔断，调用被拒绝（GW50302）`,
          `The service behind the interface "${name?.en ?? interfaceId}" (group ${group}) fails; the breaker has been open since ${time(since)}, and calls are refused with GW50302`,
        );
  },
  advise: ({ by = '' }) =>
    by === 'person'
      ? both(
          '接口页写明是谁、为什么暂停；处理完毕后在那里结束。',
          'The page of the interface says who paused them and why; end the pause there when the work is done.',
        )
      : both(
          '联系后端服务的负责人；恢复后网关自动试探并逐步放行，无需操作。',
          'Contact the owner of the service; when it works again, the gateways try it and let calls through by themselves.',
        ),
  link: ({ interfaceId = '' }) => `/interfaces/${interfaceId}`,
  createCheck: (deps) => (bound) => findConditions(deps, 'breaker-open', (minutes) => minutes >= bound),
});
