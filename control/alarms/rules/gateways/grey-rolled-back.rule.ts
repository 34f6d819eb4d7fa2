import { both, defineAlarmRule, MINUTES, time } from '../alarm-rule.ts';
import { findConditions } from '../find-conditions.ts';

export default defineAlarmRule({
  text: {
    label: both('灰度发布自动回退', 'Grey release took itself back'),
    help: both(
      '某接口的灰度发布因新版变差自动回退，这么久后仍未处理（0 为立即告警）。',
      'A grey release took itself back because the new group was worse, and nothing was changed for this long (0: at once).',
    ),
    unit: MINUTES,
  },
  bound: { least: 0, most: 1440, usual: 0 },
  severity: 'warning',
  describe: ({ interfaceId = '', group = '', since = 0 }, name) =>
    both(
      `接口“${name?.['zh-CN'] ?? interfaceId}”的灰度发布于 ${time(since)} 自动回退，实例组 ${group} 不再接受请求`,
      `The grey release of the interface "${name?.en ?? interfaceId}" took itself back at ${time(since)}; the group ${group} gets no calls`,
    ),
  advise: () =>
    both(
      '在接口页查看新版的失败与耗时；修复后换一个批次名重新灰度，或移除灰度发布。',
      'See failures and times of the new group on the page of the interface; mend it and start again under another release name, or remove the grey release.',
    ),
  link: ({ interfaceId = '' }) => `/interfaces/${interfaceId}`,
  createCheck: (deps) => (bound) => findConditions(deps, 'grey-rolled-back', (minutes) => minutes >= bound),
});
