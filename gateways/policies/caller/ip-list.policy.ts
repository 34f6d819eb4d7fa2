import { Type } from 'typebox';
import { isIpRange } from '../../../engine/contract/calls/ip-range.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { parseRanges } from '../../shared/ip-ranges.ts';

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
  compile({ allow, deny = [] }) {
    const isDenied = parseRanges(deny);
    const isAllowed = allow === undefined ? () => true : parseRanges(allow);
    return ({ clientIp }) => (isDenied(clientIp) || !isAllowed(clientIp) ? refuse('GW40302') : undefined);
  },
});
