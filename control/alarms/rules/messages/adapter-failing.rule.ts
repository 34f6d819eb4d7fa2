import { both, defineAlarmRule, MINUTES, MINUTE_MS, time } from '../alarm-rule.ts';

/** Minimum number of failures in a row; fewer may be chance. */
const LEAST_FAILURES = 3;

export default defineAlarmRule({
  text: {
    label: both('适配器调用失败', 'Adapter failing'),
    help: both(
      '某系统（适配器）的调用连续失败至少 3 次，且持续达到此时间没有一次成功；对方再次应答后才结束。',
      'Calls to a system (adapter) failed at least three times in a row, and none has succeeded for this long. The alarm ends when the system responds again.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 1440, usual: 2 },
  severity: 'critical',
  describe: ({ adapterId = '', code = '', since = 0 }, name) =>
    both(
      `“${name?.['zh-CN'] ?? adapterId}”自 ${time(since)} 起调用失败（${code}）`,
      `Calls of "${name?.en ?? adapterId}" have been failing since ${time(since)} (${code})`,
    ),
  advise: () =>
    both(
      '在适配器页测试连接，并联系对方系统的负责人；恢复后等待的消息自动继续。',
      'Test the connection on the adapter page and contact the owner of the system; waiting messages continue when it responds.',
    ),
  link: ({ adapterId = '' }) => `/adapters/${adapterId}`,
  createCheck:
    ({ engine, clock, adapterNames }) =>
    async (bound) => {
      const now = clock.now();
      const calls = [...(await engine.processes.adapterCalls()).values()];
      // Only a successful call ends the problem. If there are no calls, the problem remains.
      const failing = calls.filter(
        ({ failures, failingSince = now }) => failures >= LEAST_FAILURES && now - failingSince >= bound * MINUTE_MS,
      );
      const names = failing.length === 0 ? undefined : await adapterNames();
      // Skip adapters that were removed in the meantime.
      return failing.flatMap(({ id: adapterId, failingSince: since = now, lastError }) => {
        const name = names?.get(adapterId);
        return name === undefined ? [] : [{ subject: adapterId, values: { adapterId, code: lastError?.code ?? '', since }, name }];
      });
    },
});
