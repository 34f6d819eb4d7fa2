import { Type } from 'typebox';
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Claim, type Proof } from '../../contract.ts';
import { MAX_WINDOW_SEC } from '../../documents/caller-documents.ts';
import { refuse } from '../../errors.ts';
import { createOutage } from '../../shared/create-outage.ts';

const MARGIN_MS = 60_000;
/** The error while a request may repeat one that was sent before Redis lost its data. */
const FORGOTTEN = refuse('GW40102', {
  text: {
    'zh-CN': '网关刚刚丢失了防重放记录，暂不接受此前签名的请求：请在一分钟后以当前时间重新签名',
    en: 'The gateway has just lost its record of nonces and refuses everything that was signed before: sign again in a minute, with the current time.',
  },
  retryAfterSec: 60,
});

/**
 * Claims the nonce of a request, once per app and key, or once per public key in a compatibility profile. This is done
 * only after the signature was verified; otherwise anyone could use up another caller's nonces. A signed time may differ from the gateway's by the app's time window, in
 * both directions. So a nonce is kept for twice that window, and a minute more for differences between clocks.
 */
export default definePolicy({
  name: 'nonce',
  stage: 'nonce',
  fronts: ['open', 'user'],
  text: {
    label: { 'zh-CN': '防重放', en: 'Replay guard' },
    help: {
      'zh-CN': '同一密钥的 nonce 在两倍时间窗口内只接受一次。公开数据的接口可以在无法保存 nonce 时不经此检查继续应答。',
      en: 'Accepts each nonce of a key once within twice the time window. An interface of the data class public can accept requests without this protection while nonces cannot be stored.',
    },
  },
  options: Type.Object(
    {
      whenStoreDown: Type.Optional(
        Type.Union([Type.Literal('refuse'), Type.Literal('allow')], {
          ...fieldText(
            '无法保存 nonce 时',
            'While nonces cannot be stored',
            '“放行”只对公开数据的接口生效；其他接口总是拒绝。',
            'Requests are let through only for interfaces with public data; others refuse them.',
            { options: { refuse: ['拒绝', 'Refuse'], allow: ['放行', 'Let pass'] } },
          ),
          default: 'refuse',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  explain: 'skip',
  compile({ whenStoreDown }, target, _front, { shared, keepers, report }) {
    const outage = keepers.ofGateway('nonce-outage', () => createOutage('nonces', report));
    const allows = whenStoreDown === 'allow' && target?.dataClass === 'public';
    return (exchange) => {
      // On the user front only requests signed by a session have a nonce.
      if (exchange.claim === undefined) return undefined;
      const { app } = exchange.claim;
      const { name, windowSec } = claimOf(app, exchange.proof!);
      return shared.claimOnce(name, 2000 * windowSec + MARGIN_MS, app.appId, exchange.proof!.signedAt).then(
        (isFirst) => {
          outage.worked();
          return isFirst ? undefined : refuse('GW40104');
        },
        (error: unknown) => {
          if (toErrorRecord(error).code === 'CLAIMS_FORGOTTEN') return allows ? undefined : FORGOTTEN;
          outage.failed(error);
          return allows ? undefined : refuse('GW50303');
        },
      );
    };
  },
});

/**
 * KQ1 signs app and key id. A profile may sign neither, so the signature would hold for another app or key id with the
 * same public key, too. Such pairs may be stored since before they were refused.
 */
function claimOf({ appId, windowSec }: Claim['app'], proof: Proof): { readonly name: string; readonly windowSec: number } {
  if (proof.kind === 'kq1') return { name: `nonce:${appId}:${proof.keyId}:${proof.nonce}`, windowSec };
  return { name: `nonce:${proof.fingerprint}:${proof.nonce}`, windowSec: MAX_WINDOW_SEC };
}
