import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { judgeIpLists } from '../../shared/ip-ranges.ts';

/** Applies the shared address lists of a whole front, before anything else of the request is looked at. */
export default definePolicy({
  name: 'front-ip-list',
  stage: 'client-ip',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '网关 IP 名单', en: 'Address lists of the front' },
    help: {
      'zh-CN': '“安全”页中对整个网关生效的 IP 名单；被拒绝的请求返回 GW40302。',
      en: 'The address lists of the page Security that apply to the whole front; a refused request gets GW40302.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    (_options, _target, front, { clock }) =>
    (exchange) => {
      const lists = exchange.plan.ipLists.ofFront(front);
      return lists.length === 0 ? undefined : judgeIpLists(exchange, 'front-ip-list', lists, clock.now());
    },
});
