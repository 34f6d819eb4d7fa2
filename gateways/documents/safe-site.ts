import { Type, type Static } from 'typebox';
import { Revision } from '../../engine/contract/values/revision.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { closed, OneOf } from './document-fields.ts';
import { EndsAt, Reason } from './ip-list-document.ts';

export const SITE_USES = ['host', 'origin', 'redirect'] as const;
export type SiteUse = (typeof SITE_USES)[number];

/**
 * A site that the user front trusts. While no site has a use, the front does not check it: `host` is the address of the
 * gateway itself, `origin` are sites whose pages call it (Origin, Referer, CORS), `redirect` are targets of redirects.
 */
export const SafeSite = Type.Object(
  {
    siteId: Type.String({ pattern: '^sit_[A-Za-z0-9_-]{1,60}$' }),
    revision: Revision,
    origin: Type.String({
      ...fieldText(
        '站点',
        'Site',
        'https://主机[:端口]；*. 开头表示全部子域名。',
        'https://host[:port]; a leading *. stands for all subdomains.',
        {
          example: 'https://*.example.cn',
        },
      ),
      maxLength: 300,
    }),
    uses: Type.Array(OneOf(SITE_USES), { ...fieldText('用途', 'Uses'), minItems: 1, maxItems: SITE_USES.length, uniqueItems: true }),
    allowsCredentials: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '允许携带 Cookie',
          'With credentials',
          '浏览器跨域请求时可携带 Cookie 等凭据。',
          'Browsers may send cookies and other credentials across origins.',
        ),
      }),
    ),
    expiresAt: EndsAt,
    reason: Reason,
  },
  closed,
);
export type SafeSite = Static<typeof SafeSite>;

/** Returns a site in the form that browsers send: lower case, without a default port. Undefined if it is none. */
export function canonicalSite(text: string): string | undefined {
  const [, scheme = '', star = '', rest = ''] = /^(https?:\/\/)(\*\.)?([^/?#@*\s]{1,260})$/i.exec(text) ?? [];
  if (rest === '' || !URL.canParse(`${scheme}${rest}`)) return undefined;
  const { origin, protocol, host } = new URL(`${scheme}${rest}`);
  return origin === 'null' ? undefined : `${protocol}//${star}${host}`;
}
