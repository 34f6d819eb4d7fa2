import { both, defineAlarmRule, MINUTES, MINUTE_MS } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('汇集的数据等待过久', 'Collected data waits too long'),
    help: both(
      '汇集中最早的数据超过接收流程的最长等待后，又过了这么久仍未被取走；没有流程接收时从加入时算起。',
      'The oldest item of a collection has waited this much longer than the flow that takes its groups lets it wait; without such a flow, this long since it was added.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 10_080, usual: 10 },
  severity: 'warning',
  describe: ({ collection = '', minutes = 0, items = 0, flowId = '' }) =>
    flowId === ''
      ? both(
          `汇集“${collection}”有 ${items} 条数据，最早的已等待 ${minutes} 分钟，没有已发布的流程接收`,
          `The collection "${collection}" has ${items} items, the oldest for ${minutes} minutes; no published flow takes them`,
        )
      : both(
          `汇集“${collection}”有 ${items} 条数据，最早的已等待 ${minutes} 分钟，流程 ${flowId} 没有取走`,
          `The collection "${collection}" has ${items} items, the oldest for ${minutes} minutes; the flow ${flowId} does not take them`,
        ),
  advise: ({ flowId = '' }) =>
    flowId === ''
      ? both(
          '发布以该汇集开头的流程；不再需要的数据可在“流程数据”页移除。',
          'Publish the flow that begins with this collection. Remove what is no longer needed on the page Flow data.',
        )
      : both(
          '在“系统”页查看该流程拒收的数据和监听器状态；更正后自动重新交付。',
          'Look on the page System at what the flow refuses and at its listener; after the correction the groups are handed in again.',
        ),
  link: () => '/flow-data',
  createCheck:
    ({ waiting, engine, clock }) =>
    async (bound) => {
      const takers = new Map(engine.takers().map((taker) => [`${taker.domain} ${taker.collection}`, taker]));
      return (await waiting.recent()).flatMap(({ domain, collection, items, oldestAt }) => {
        const { flowId = '', maxWaitMs = 0 } = takers.get(`${domain} ${collection}`) ?? {};
        const ageMs = clock.now() - oldestAt;
        if (ageMs <= maxWaitMs + bound * MINUTE_MS) return [];
        const values = { collection, flowId, items, minutes: Math.round(ageMs / MINUTE_MS) };
        return [{ subject: `collection:${domain}/${collection}`, values }];
      });
    },
});
