import { Type, type Static } from 'typebox';
import { FRONTS } from '../../engine/contract/access/access.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { Revision } from '../../engine/contract/values/revision.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { closed, Domain, Id, Name, OneOf } from './document-fields.ts';

/** Largest number of entries of one list. Compiling this many takes a few milliseconds. */
export const MOST_ENTRIES = 1000;
/** The end of an entry, in epoch milliseconds before 2100. */
export const EndsAt = Type.Optional(
  Type.Integer({
    ...fieldText(
      '到期时间',
      'Ends',
      '自 1970 年起的毫秒数；到期后这一条不再生效。不填时不到期。',
      'Milliseconds since 1970; the entry has no effect after that. If left out, it does not expire.',
    ),
    minimum: 0,
    exclusiveMaximum: 4_102_444_800_000,
  }),
);
/** Why an entry exists. People read it before they remove the entry. */
export const Reason = Type.String({
  ...fieldText('原因', 'Reason', '为什么加入名单；不要写个人信息。', 'Why it is listed; without personal data.'),
  minLength: 3,
  maxLength: 200,
  pattern: PLAIN_LINE,
});

export const IpEntry = Type.Object(
  {
    range: Type.String({
      ...fieldText('地址或网段', 'Address or range', undefined, undefined, { example: '10.20.0.0/16' }),
      minLength: 2,
      maxLength: 50,
    }),
    expiresAt: EndsAt,
    reason: Reason,
  },
  closed,
);
export type IpEntry = Static<typeof IpEntry>;

/**
 * A list of addresses that interfaces share. `everywhere` applies it to each request of its fronts: with a domain, to
 * the interfaces of the domain; without one, to the whole front. Otherwise it applies where an interface names it.
 */
export const IpListDocument = Type.Object(
  {
    listId: Id('ipl', fieldText('编号', 'Id', 'ipl_ 开头；接口按它引用，保存后不能更改。', 'Begins with ipl_; interfaces name it.')),
    revision: Revision,
    name: Name(),
    domain: Type.Optional(Domain),
    kind: OneOf(
      ['black', 'white'],
      fieldText(
        '种类',
        'Kind',
        '黑名单拒绝所列地址；白名单只允许所列地址。',
        'A black list refuses its addresses; a white list allows only them.',
        {
          options: { black: ['黑名单', 'Black list'], white: ['白名单', 'White list'] },
        },
      ),
    ),
    everywhere: Type.Boolean({
      ...fieldText(
        '全部生效',
        'Applies everywhere',
        '对所选网关的全部请求生效（填了服务域时，只对该服务域的接口）；否则只对引用它的接口生效。',
        'Applies to every request of the fronts (with a domain: to the interfaces of the domain). Otherwise only to interfaces that name it.',
      ),
    }),
    fronts: Type.Array(OneOf(FRONTS), { ...fieldText('网关', 'Fronts'), minItems: 1, maxItems: FRONTS.length, uniqueItems: true }),
    entries: Type.Array(IpEntry, { ...fieldText('条目', 'Entries'), maxItems: MOST_ENTRIES }),
  },
  closed,
);
export type IpListDocument = Static<typeof IpListDocument>;
