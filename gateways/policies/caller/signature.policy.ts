import { Type } from 'typebox';
import {
  canonicalRequest,
  collectSignedHeaders,
  digestOfScheme,
  responseSchemeFor,
  type HeaderPair,
} from '../../../engine/contract/kq1/kq1.ts';
import type { KeyHandle } from '../../../engine/contract/ports/crypto.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type Kq1Claim, type PolicyDeps } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { isUsableKey } from '../../shared/identity/claim-session.ts';
import { adoptTraceId } from '../../shared/identity/adopt-trace-id.ts';
import { isVisibleHeader } from '../../shared/visible-headers.ts';

/**
 * Authenticates a KQ1 request: verifies the signature over the canonical string of what was sent. Only after that may
 * an error mention the key's state. Only signed headers are passed to the flow and the upstream.
 */
export default definePolicy({
  name: 'signature',
  stage: 'authenticate',
  fronts: ['open', 'user'],
  text: {
    label: { 'zh-CN': '签名验证', en: 'Signature' },
    help: {
      'zh-CN': '验证 KQ1 签名（SM2-SM3、RSA-SHA256、RSA-PSS-SHA256、HMAC-SM3、HMAC-SHA256）。',
      en: 'Verifies the KQ1 signature (SM2-SM3, RSA-SHA256, RSA-PSS-SHA256, HMAC-SM3, HMAC-SHA256).',
    },
  },
  options: Type.Object(
    {
      nonRepudiation: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '不可抵赖',
            'Non-repudiation',
            '只接受每次请求都用 SM2 签名的调用；会话和其他签名方案返回 GW40105。',
            'Takes only requests that are each signed by SM2; sessions and other schemes get GW40105.',
          ),
        }),
      ),
    },
    { additionalProperties: false },
  ),
  // Nothing may reach a target before size, digest and signature are verified.
  reads: (_options, { front }) => ({ body: front === 'open' }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    ({ nonRepudiation = false }, _target, _front, deps) =>
    (exchange) => {
      const { claim } = exchange;
      // On the user front only sessions sign.
      if (claim === undefined) return undefined;
      // The policy `profile-signature` has verified it.
      if (claim.kind === 'profile') return nonRepudiation && !exchange.plan.isHandedOut ? IN_PROFILE : undefined;
      let headers: HeaderPair[];
      let canonical: Uint8Array;
      try {
        headers = collectSignedHeaders(exchange.request.rawHeaders, claim.authorization.signed);
        canonical = Buffer.from(canonicalOf(exchange, claim, headers), 'latin1');
      } catch {
        return refuse('GW40103');
      }
      const { handle } = claim.key;
      // A caller's secret is never sent to the DMZ. Such a call is only authenticated inside, and nothing counts as
      // proved here.
      if (handle === undefined) return exchange.plan.isHandedOut ? undefined : refuse('GW40101');
      const signature = Buffer.from(claim.authorization.sig, 'base64url');
      const holds = deps.verify(exchange, handle, canonical, signature);
      if (holds instanceof Promise)
        return holds.then((isTrue) => (isTrue ? accept(exchange, { claim, handle, canonical, headers, nonRepudiation }, deps) : FORGED));
      return holds ? accept(exchange, { claim, handle, canonical, headers, nonRepudiation }, deps) : FORGED;
    },
});

const FORGED = refuse('GW40103');

function canonicalOf(exchange: Exchange, claim: Kq1Claim, headers: HeaderPair[]): string {
  const { scheme, appId, keyId, ts, nonce } = claim.authorization;
  const { method, host, rawPath: path, rawQuery: query } = exchange;
  const bodyDigest = Buffer.from(exchange.bodyDigest!).toString('hex');
  // `path?` and `path` are two targets, but would give the same canonical string.
  if (query === '' && exchange.request.url!.endsWith('?')) throw new Error('bare question mark');
  return canonicalRequest({ scheme, method, host, path, query, ts, nonce, appId, keyId, headers, bodyDigest });
}

interface Proved {
  readonly claim: Kq1Claim;
  readonly handle: KeyHandle;
  readonly canonical: Uint8Array;
  readonly headers: readonly HeaderPair[];
  readonly nonRepudiation: boolean;
}

function accept(exchange: Exchange, proved: Proved, deps: PolicyDeps): GatewayError | undefined {
  const { claim, handle, canonical, headers, nonRepudiation } = proved;
  const { key, app, authorization, user } = claim;
  const answerScheme = responseSchemeFor(authorization.scheme);
  exchange.proof = {
    kind: 'kq1',
    keyId: authorization.keyId,
    nonce: authorization.nonce,
    signedAt: Number(authorization.ts),
    canonicalDigest: Buffer.from(deps.crypto.digest(digestOfScheme(answerScheme), canonical)).toString('hex'),
    scheme: answerScheme,
    key: handle,
  };
  exchange.app = app;
  if (user !== undefined) exchange.user = user;
  for (const [name, value] of headers) if (isVisibleHeader(name)) exchange.headers[name] = value;
  adoptTraceId(exchange, (name) => headers.find((header) => header[0] === name)?.[1]);
  // From here on errors must be signed, and the key for that is inside.
  if (exchange.plan.isHandedOut) return undefined;
  if (!isUsableKey(key.document, deps.clock.now()) || app.state !== 'active') return refuse('GW40105');
  return nonRepudiation && authorization.scheme !== 'SM2-SM3' ? REPUDIABLE : undefined;
}

const REPUDIABLE = refuse('GW40105', {
  text: {
    'zh-CN': '该接口要求每次请求都用 SM2 签名：请用应用的 SM2 密钥签名，不要用会话或其他签名方案',
    en: 'This interface requires an SM2 signature for each request: sign with an SM2 key of the app, not with a session or another scheme.',
  },
});

const IN_PROFILE = refuse('GW40105', {
  text: {
    'zh-CN': '该接口要求每次请求都用 KQ1 的 SM2 签名，不接受兼容签名：请改用 KQ1',
    en: 'This interface requires an SM2 signature in the form KQ1 for each request and takes no compatibility profile: use KQ1.',
  },
});
