import { Type } from 'typebox';
import { definePolicy } from '../contract.ts';
import { refuse } from '../errors.ts';

const MARGIN_MS = 60_000;

/**
 * Claims the nonce of a request whose signature holds, once for (app, key): before that anyone could burn a stranger's nonces.
 * Kept for twice the window and a minute, so that no clock within the window can bring it back.
 */
export default definePolicy({
  name: 'nonce',
  stage: 'nonce',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '防重放', en: 'Replay guard' },
    help: { 'zh-CN': '同一密钥的 nonce 在两倍时间窗口内只接受一次。', en: 'Takes a nonce of a key once within twice the time window.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    (_options, _target, _front, { shared, log }) =>
    (exchange) => {
      const { app, authorization } = exchange.claim!;
      return shared.claimOnce(`nonce:${app.appId}:${authorization.keyId}:${authorization.nonce}`, 2000 * app.windowSec + MARGIN_MS).then(
        (isFirst) => (isFirst ? undefined : refuse('GW40104')),
        (error: unknown) => {
          log.error('gateway.nonce-store-down', error);
          return refuse('GW50303');
        },
      );
    },
});
