import { toErrorRecord } from '../../../../engine/contract/values/errors.ts';
import { both, defineAlarmRule, SECONDS } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('共享状态中断', 'Shared state is down'),
    help: both('共享状态（Redis）这么久没有应答。', 'The shared state (Redis) has not responded for this long.'),
    unit: SECONDS,
  },
  bound: { least: 15, most: 3600, usual: 30 },
  severity: 'critical',
  describe: ({ code = '' }) => both(`共享状态没有应答（${code}）`, `The shared state does not respond (${code})`),
  advise: () =>
    both(
      '检查 Redis 和网络；中断期间签名请求被拒绝（GW50303），限流按各网关的份额计算。',
      'Check Redis and the network; meanwhile signed requests are refused (GW50303), and each gateway applies its part of the rate limits.',
    ),
  link: () => '/system',
  createCheck({ shared, clock }) {
    let downSince: number | undefined;
    return async (bound) => {
      try {
        await shared.get('alarms:ping');
        downSince = undefined;
        return [];
      } catch (error) {
        downSince ??= clock.monotonic();
        const isLong = clock.monotonic() - downSince >= bound * 1000;
        return isLong ? [{ subject: '', values: { code: toErrorRecord(error).code } }] : [];
      }
    };
  },
});
