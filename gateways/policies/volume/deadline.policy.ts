import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

const UNREADABLE = refuse('GW40001', {
  text: {
    'zh-CN': 'X-Request-Deadline 不可读：须为 1970 年以来的毫秒数',
    en: 'X-Request-Deadline cannot be read: it takes milliseconds since 1970.',
  },
});

/**
 * Applies `X-Request-Deadline` (epoch milliseconds), which may only shorten the interface's deadline. A request past
 * its deadline is refused.
 */
export default definePolicy({
  name: 'deadline',
  stage: 'limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '截止时间', en: 'Deadline' },
    help: {
      'zh-CN': '请求头 X-Request-Deadline 只能缩短接口的截止时间。',
      en: 'The header X-Request-Deadline can only shorten the deadline of the interface.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    (_options, _target, _front, { clock }) =>
    (exchange) => {
      const asked = exchange.headers['x-request-deadline'];
      if (asked === undefined) return undefined;
      if (!/^[1-9][0-9]{0,14}$/.test(asked)) return UNREADABLE;
      exchange.deadlineMs = Math.min(exchange.deadlineMs, Number(asked));
      return exchange.deadlineMs <= clock.now() ? refuse('GW50401') : undefined;
    },
});
