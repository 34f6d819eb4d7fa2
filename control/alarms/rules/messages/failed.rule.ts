import { both, defineAlarmRule, MESSAGES } from '../alarm-rule.ts';

const HOUR_MS = 3_600_000;

export default defineAlarmRule({
  text: {
    label: both('失败与死信过多', 'Too many failed or dead letters'),
    help: both('一小时内失败（含死信）的消息达到此数。', 'At least this many messages failed within an hour, including dead letters.'),
    unit: MESSAGES,
  },
  bound: { least: 1, most: 10_000, usual: 20 },
  severity: 'warning',
  describe: ({ count = 0 }) =>
    both(`一小时内 ${count} 条消息失败或成为死信`, `${count} messages failed or became dead letters within an hour`),
  advise: () => both('打开列表查看失败原因，更正后重发。', 'Open the list to see why they failed, then correct and resend them.'),
  link: () => '/messages?status=failed',
  createCheck:
    ({ counter, clock }) =>
    async (bound) => {
      const count = await counter.failedSince(clock.now() - HOUR_MS);
      return count < bound ? [] : [{ subject: '', values: { count } }];
    },
});
