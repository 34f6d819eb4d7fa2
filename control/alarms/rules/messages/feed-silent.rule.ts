import type { Clock } from '../../../../engine/contract/values/clock.ts';
import { both, defineAlarmRule, MINUTES, MINUTE_MS, ofFlows, time, type Check, type Finding } from '../alarm-rule.ts';
import { findSilentFeeds } from '../find-silent-feeds.ts';

export default defineAlarmRule({
  text: {
    label: both('来源中断', 'Feed is silent'),
    help: both(
      '来源的间隔超过其平常间隔的四倍，且至少这么久没有消息。',
      'No message arrived for four times the usual interval of this feed, and for at least this long.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 10_080, usual: 10 },
  severity: 'warning',
  describe: ({ flowId = '', lastAt = 0, usual = 0 }, name) =>
    both(
      `“${name?.['zh-CN'] ?? flowId}”自 ${time(lastAt)} 起没有消息，平常每 ${usual} 分钟内有一条`,
      `"${name?.en ?? flowId}" has received no message since ${time(lastAt)}; usually one arrives within ${usual} minutes`,
    ),
  advise: () => both('请来源系统的负责人检查发送程序和网络。', 'Ask the owner of the sending system to check its program and the network.'),
  link: ({ flowId = '' }) => `/flows/${flowId}`,
  createCheck: (deps) =>
    onceAMinute(deps.clock, async (bound) => {
      const { engine, counter, clock } = deps;
      const silent = await findSilentFeeds(engine.feeds(), counter, clock, bound * MINUTE_MS);
      return ofFlows(deps, silent, ({ flowId, lastAt, usualGapMs }) => ({
        ...{ flowId, lastAt },
        usual: Math.max(1, Math.ceil(usualGapMs / MINUTE_MS)),
      }));
    }),
});

/**
 * Returns a check that runs at most once a minute, because it reads the store once for each flow. After a change of the
 * threshold it runs at once.
 */
function onceAMinute(clock: Clock, check: Check): Check {
  let last: { readonly at: number; readonly bound: number; readonly found: readonly Finding[] } | undefined;
  return async (bound) => {
    if (last?.bound === bound && clock.monotonic() - last.at < MINUTE_MS) return last.found;
    const found = await check(bound);
    last = { at: clock.monotonic(), bound, found };
    return found;
  };
}
