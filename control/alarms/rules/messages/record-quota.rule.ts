import { both, defineAlarmRule, MESSAGES, ofFlows } from '../alarm-rule.ts';

const MB = 1_048_576;

export default defineAlarmRule({
  text: {
    label: both('留存额度用尽', 'Record quota used up'),
    help: both(
      '某流程当天的留存额度已用尽，此后已有这么多条消息结束。',
      'A flow used up its record quota today, and this many messages have ended since then.',
    ),
    unit: MESSAGES,
  },
  bound: { least: 1, most: 1_000_000, usual: 1 },
  severity: 'warning',
  describe: ({ flowId = '', count = 0, megabytes = 0 }, name) =>
    both(
      `“${name?.['zh-CN'] ?? flowId}”今天已留存 ${megabytes} MB，额度用尽；此后 ${count} 条成功的只留下状态和业务键，失败的仍有内容`,
      `"${name?.en ?? flowId}" kept ${megabytes} MB of records today, which is its quota; of ${count} messages since then, those that completed keep only status and keys`,
    ),
  advise: () =>
    both('在流程的留存设置中提高额度，或减少留存的内容。', 'Raise the quota in the recording settings of the flow, or record less.'),
  link: ({ flowId = '' }) => `/flows/${flowId}`,
  createCheck: (deps) => async (bound) => {
    const exceeded = (await deps.engine.quota.exceeded()).filter(({ reduced }) => reduced >= bound);
    return ofFlows(deps, exceeded, ({ flowId, reduced, keptBytes }) => ({ flowId, count: reduced, megabytes: Math.round(keptBytes / MB) }));
  },
});
