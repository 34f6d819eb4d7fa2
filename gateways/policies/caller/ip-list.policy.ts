import { Type } from 'typebox';
import { isIpRange } from '../../../engine/contract/calls/ip-range.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy } from '../../contract.ts';
import type { IpList } from '../../plan-index.ts';
import { judgeIpLists, parseRanges, refuseAddress } from '../../shared/ip-ranges.ts';

const Range = Type.String({ maxLength: 50 });

/**
 * Allows only the listed addresses, or all except the listed ones. If both lists contain an address, `deny` applies.
 */
export default definePolicy({
  name: 'ip-list',
  stage: 'state',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': 'IP 名单', en: 'Address list' },
    help: {
      'zh-CN': '按地址或网段（CIDR）允许或拒绝访问；拒绝优先。',
      en: 'Allows or refuses by address or CIDR range; a refusal takes precedence.',
    },
  },
  options: Type.Object(
    {
      allow: Type.Optional(
        Type.Array(Range, {
          ...fieldText('只允许', 'Allow only', '不填时允许所有地址。', 'Every address if left out.', { example: '10.20.0.0/16' }),
          maxItems: 1000,
        }),
      ),
      deny: Type.Optional(
        Type.Array(Range, { ...fieldText('拒绝', 'Refuse', undefined, undefined, { example: '10.20.3.7' }), maxItems: 1000 }),
      ),
      lists: Type.Optional(
        Type.Array(Type.String({ pattern: '^ipl_[A-Za-z0-9_-]{1,60}$' }), {
          ...fieldText(
            '共享名单',
            'Shared lists',
            '“安全”页中的 IP 名单；黑名单拒绝优先，有白名单时地址须在其中之一。',
            'Lists of the page Security. A black list takes precedence; with white lists, the address must be on one of them.',
            { example: 'ipl_districts' },
          ),
          ...fieldEditor('ip-lists'),
          maxItems: 20,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: (options) =>
    (['allow', 'deny'] as const).flatMap((list) =>
      (options[list] ?? []).flatMap((value, i) =>
        isIpRange(value)
          ? []
          : [
              {
                path: `/${list}/${i}`,
                problem: 'ip-range',
                value,
                message: `${value} is neither an address nor a CIDR range.`,
                fix: 'Write an address such as 10.20.3.7, or a range such as 10.20.0.0/16 or 2001:db8::/32.',
              },
            ],
      ),
    ),
  isDefault: () => false,
  isOptional: () => true,
  compile({ allow, deny = [], lists = [] }, _target, _front, { clock }) {
    const isDenied = parseRanges(deny);
    const isAllowed = allow === undefined ? () => true : parseRanges(allow);
    return (exchange) => {
      const { clientIp, plan } = exchange;
      if (isDenied(clientIp)) return refuseAddress(exchange, 'ip-list', '/deny', 'listed');
      if (!isAllowed(clientIp)) return refuseAddress(exchange, 'ip-list', '/allow', 'not-listed');
      if (lists.length === 0) return undefined;
      const named: IpList[] = [];
      for (const id of lists) {
        const list = plan.ipLists.named(id);
        if (list === undefined) {
          // It may have been a white list, so no address can be allowed.
          return refuseAddress(exchange, 'ip-list', id, 'list-missing');
        }
        named.push(list);
      }
      return judgeIpLists(exchange, 'ip-list', named, clock.now());
    };
  },
});
