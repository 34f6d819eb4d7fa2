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
          `接口“${name?.['zh-CN'] ?? interfaceId}”（实例组 ${group}）自 ${time(since)} 起由人工暂停调用${end['zh-CN']}，调用被拒绝（GW50302）`,
          `A person paused the calls of the interface "${name?.en ?? interfaceId}" (group ${group}) at ${time(since)}${end.en}; calls are refused with GW50302`,
        )
      : both(
          `接口“${name?.['zh-CN'] ?? interfaceId}”（实例组 ${group}）的后端失败过多，自 ${time(since)} 起熔断，调用被拒绝（GW50302）`,
          `The service behind the interface "${name?.en ?? interfaceId}" (group ${group}) fails; the breaker has been open since ${time(since)}, and calls are refused with GW50302`,
        );
  },
  advise: ({ by = '' }) =>
    by === 'person'
      ? both('处理完毕后，在接口页解除暂停。', 'When the work is done, end the pause on the page of the interface.')
      : both(
          '联系后端服务的负责人；恢复后网关自动试探并逐步放行，无需操作。',
          'Contact the owner of the service; when it works again, the gateways try it and let calls through by themselves.',
        ),
  link: ({ interfaceId = '' }) => `/interfaces/${interfaceId}`,
  createCheck: (deps) => (bound) => findConditions(deps, 'breaker-open', (minutes) => minutes >= bound),
});
