import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { judgeIpLists } from '../../shared/ip-ranges.ts';

/** Applies the shared address lists of the interface's domain. */
export default definePolicy({
  name: 'domain-ip-list',
  stage: 'state',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '服务域 IP 名单', en: 'Address lists of the domain' },
    help: {
      'zh-CN': '“安全”页中对本服务域全部接口生效的 IP 名单；被拒绝的请求返回 GW40302。',
      en: 'The address lists of the page Security that apply to all interfaces of the domain; a refused request gets GW40302.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target, front, { clock }) {
    const { domain } = target!;
    return (exchange) => {
      const lists = exchange.plan.ipLists.ofDomain(domain, front);
      return lists.length === 0 ? undefined : judgeIpLists(exchange, 'domain-ip-list', lists, clock.now());
    };
  },
});
