import { both, defineAlarmRule, MINUTES, time } from '../alarm-rule.ts';
import { findConditions } from '../find-conditions.ts';

export default defineAlarmRule({
  text: {
    label: both('后端实例被摘除', 'Instances get no calls'),
    help: both(
      '某接口的后端实例因失败或健康检查未通过被摘除，持续达到此时间；一组实例全部被摘除时立即告警。',
      'Instances behind an interface have received no calls for this long, because they fail or their health checks do. If all instances of a group are out, the alarm is raised at once.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 10 },
  severity: 'critical',
  describe: ({ interfaceId = '', group = '', since = 0, out = 0, of = 0, address = '' }, name) =>
    both(
      `接口“${name?.['zh-CN'] ?? interfaceId}”的实例组 ${group} 自 ${time(since)} 起有 ${out}/${of} 个实例被摘除，如 ${address}`,
      `${out} of ${of} instances of the group ${group} behind the interface "${name?.en ?? interfaceId}" have been out since ${time(since)}, such as ${address}`,
    ),
  advise: () =>
    both(
      '检查这些实例的进程、网络和健康检查地址；恢复后自动重新接受请求。',
      'Check the process, the network and the health check of these instances; they take calls again by themselves when they work.',
    ),
  link: ({ interfaceId = '' }) => `/interfaces/${interfaceId}`,
  createCheck: (deps) => (bound) =>
    findConditions(deps, 'instances-out', (minutes, { values: { out, of } }) => minutes >= bound || out === of),
});
