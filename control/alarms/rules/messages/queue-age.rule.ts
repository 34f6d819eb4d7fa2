import { both, defineAlarmRule, MINUTES, MINUTE_MS } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('队列积压', 'Queue age too high'),
    help: both('最老的可处理消息等待超过此时间。', 'The oldest message that is ready to be processed has waited longer than this.'),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 5 },
  severity: 'critical',
  describe: ({ minutes = 0, queued = 0 }) =>
    both(
      `最老的消息已等待 ${minutes} 分钟，排队 ${queued} 条`,
      `The oldest message has waited ${minutes} minutes; ${queued} messages are queued`,
    ),
  advise: () =>
    both(
      '查看执行进程是否都在运行、对方系统是否变慢；处理能力不足时增加执行进程。',
      'Check that all workers run and whether a called system is slow; if they cannot keep up, start more workers.',
    ),
  link: () => '/messages?status=queued',
  createCheck:
    ({ queue }) =>
    async (bound) => {
      const { oldestAgeMs, open } = await queue.read();
      if (oldestAgeMs <= bound * MINUTE_MS) return [];
      return [{ subject: '', values: { minutes: Math.round(oldestAgeMs / MINUTE_MS), queued: open.queued } }];
    },
});
