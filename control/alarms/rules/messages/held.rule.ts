import { both, defineAlarmRule, MESSAGES } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('待人工处理的消息过多', 'Too many held'),
    help: both('待人工处理的消息达到此数。', 'At least this many messages are held and wait for a decision.'),
    unit: MESSAGES,
  },
  bound: { least: 1, most: 10_000, usual: 10 },
  severity: 'warning',
  describe: ({ count = 0 }) => both(`${count} 条消息待人工处理`, `${count} messages are held and wait for a decision`),
  advise: () =>
    both(
      '按原因分组处理：先向对方核对是否已办理，再重试或结束。',
      'Work through the groups: ask the other side what was done, then retry or conclude.',
    ),
  link: () => '/held',
  createCheck:
    ({ queue }) =>
    async (bound) => {
      const count = (await queue.read()).open.held;
      return count < bound ? [] : [{ subject: '', values: { count } }];
    },
});
