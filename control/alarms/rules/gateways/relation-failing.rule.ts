import { both, defineAlarmRule, MINUTES, time } from '../alarm-rule.ts';
import { findConditions } from '../find-conditions.ts';

const REASONS = {
  busy: both('待答的查询过多', 'too many questions wait'),
  offline: both('接口未上线', 'the interface is not online'),
  timeout: both('2 秒内没有应答', 'no reply within 2 seconds'),
  malformed: both('应答不是约定的格式', 'the reply has another format'),
  failed: both('调用失败', 'the call fails'),
};

export default defineAlarmRule({
  text: {
    label: both('关系查询失败', 'Relations cannot be read'),
    help: both(
      '防越权规则用来查询关系（家属、签约医生等）的接口一直失败达到此时间；查不到关系时，依赖它的访问一律拒绝。',
      'An interface that object rules ask for relations (family, signed doctor) has failed for this long. Without a reply these rules refuse.',
    ),
    unit: MINUTES,
  },
  bound: { least: 0, most: 1440, usual: 1 },
  severity: 'critical',
  describe({ interfaceId = '', since = 0, reason = '' }, name) {
    const why = REASONS[reason as keyof typeof REASONS] ?? REASONS.failed;
    return both(
      `关系接口“${name?.['zh-CN'] ?? interfaceId}”自 ${time(since)} 起查询失败（${why['zh-CN']}），依赖它的访问被拒绝（GW40304）`,
      `The interface "${name?.en ?? interfaceId}", which object rules ask for relations, has failed since ${time(since)} (${why.en}); access that depends on it is refused with GW40304`,
    );
  },
  advise: () =>
    both(
      '检查该接口的后端或流程，应答应为 {"ids": [...]}；恢复后自动放行。',
      'Check the service or flow behind this interface; it must reply {"ids": [...]}. Access is allowed again by itself when it works.',
    ),
  link: ({ interfaceId = '' }) => `/interfaces/${interfaceId}`,
  createCheck: (deps) => (bound) => findConditions(deps, 'relation-failing', (minutes) => minutes >= bound),
});
