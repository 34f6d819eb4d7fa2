import { Type } from 'typebox';
import type { CompatibilityProfile } from '../../../engine/contract/compatibility/compatibility-profile.ts';
import { derOfRawSm2Signature } from '../../../engine/contract/kq1/kq1.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { followPointer, readPointer } from '../../content/json-pointer.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps, type ProfileClaim } from '../../contract.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import { refuse, refuseJson } from '../../errors.ts';
import type { PlanKey } from '../../plan-index.ts';
import { checkTime, claimProfile, NOT_PROVED } from '../../shared/identity/claim-profile.ts';
import { isUsableKey } from '../../shared/identity/claim-session.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Authenticates a request that is signed in a compatibility profile, in place of the policy `signature`. What the
 * profile does not sign is dropped: flow and upstream get the query and the JSON body that the signature covers, and no
 * header of the caller.
 */
export default definePolicy({
  name: 'profile-signature',
  stage: 'authenticate',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '兼容签名验证', en: 'Signature of a compatibility profile' },
    help: {
      'zh-CN': '验证应用被允许使用的兼容签名（医保形式、微信支付 v3 形式、支付宝 RSA2 形式）；未被签名覆盖的内容不会传给服务。',
      en: 'Verifies the compatibility profiles that the app may use (sorted parameters with SM2, WeChat Pay v3, Alipay RSA2). What is not signed does not reach the service.',
    },
  },
  options: Type.Object(
    {
      operation: Type.Optional(
        Type.String({
          ...fieldText(
            '操作名',
            'Operation name',
            '医保形式的 transType、支付宝形式的 method 须等于它，因为这两种签名不覆盖请求路径。不填时为接口编号。',
            'transType of the healthcare form and method of the Alipay form must equal it, because their signatures do not cover the path. The id of the interface if left out.',
            { example: 'hospital.appointment.create' },
          ),
          pattern: '^[A-Za-z0-9_.:/-]{1,128}$',
        }),
      ),
      idempotencyField: Type.Optional(
        Type.String({
          ...fieldText(
            '幂等键所在的字段',
            'Field with the idempotency key',
            '请求体中每笔业务唯一的字段（JSON Pointer），如订单号。兼容签名不覆盖 Idempotency-Key 请求头，因此用它的值作为幂等键；重新签名的重复请求不会办理两次。',
            'The field of the body (JSON Pointer) that differs for each transaction, such as the order number. Profiles do not sign the header Idempotency-Key, so its value is the key: a repeated request with a new signature is not done twice.',
            { example: '/orderNo' },
          ),
          maxLength: 200,
          pattern: '^(/[^/]{1,100}){1,10}$',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  compile({ operation, idempotencyField }, target, _front, deps) {
    const called: Called = {
      operation: operation ?? target!.interfaceId,
      hasParams: hasParams(target!),
      keyPointer: idempotencyField === undefined ? undefined : readPointer(idempotencyField),
    };
    return (exchange) => (exchange.profile === undefined ? undefined : authenticate(exchange, exchange.profile, called, deps));
  },
});

const FORGED = refuse('GW40103');

interface Called {
  readonly operation: string;
  readonly hasParams: boolean;
  readonly keyPointer: readonly string[] | undefined;
}

async function authenticate(
  exchange: Exchange,
  profile: CompatibilityProfile,
  called: Called,
  deps: PolicyDeps,
): Promise<GatewayError | undefined> {
  const body = decode(exchange.body!);
  if (body === undefined) return profile.readsBody ? refuse('GW40101') : FORGED;
  const claim = claimProfile(exchange, profile, body, deps.clock.now());
  if ('code' in claim) return claim;
  exchange.claim = claim;
  const signature = readSignature(claim);
  const key = signature && (await findSigner(exchange, claim, signature, deps));
  if (key === undefined) return claim.reading.keyId === undefined ? NOT_PROVED : FORGED;
  return accept(exchange, { claim, key, signature: signature!, called, body }, deps);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the signature in the form that the crypto port verifies. Only one Base64 text stands for it. */
function readSignature({ profile, reading }: ProfileClaim): Uint8Array | undefined {
  const bytes = Buffer.from(reading.signature, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== reading.signature) return undefined;
  return profile.signatureForm === 'raw' ? derOfRawSm2Signature(bytes) : bytes;
}

async function findSigner(
  exchange: Exchange,
  { keys, reading }: ProfileClaim,
  signature: Uint8Array,
  { verify }: PolicyDeps,
): Promise<PlanKey | undefined> {
  const signed = Buffer.from(reading.signedText);
  for (const key of keys) if (key.handle !== undefined && (await verify(exchange, key.handle, signed, signature))) return key;
  return undefined;
}

interface Proved {
  readonly claim: ProfileClaim;
  readonly key: PlanKey;
  readonly signature: Uint8Array;
  readonly called: Called;
  readonly body: string;
}

function accept(exchange: Exchange, proved: Proved, deps: PolicyDeps): GatewayError | undefined | Promise<GatewayError | undefined> {
  const { clock, crypto } = deps;
  const { claim, key, signature, called, body } = proved;
  const { profile, reading, app } = claim;
  const isLate = checkTime(claim, clock.now());
  if (isLate !== undefined) return isLate;
  const { nonce = Buffer.from(crypto.digest('sha256', signature)).toString('base64url'), signedAt, content } = reading;
  const { fingerprint } = key.handle!;
  exchange.proof = { kind: 'profile', keyId: key.document.keyId, fingerprint, nonce, signedAt, profile, operation: reading.operation };
  exchange.app = app;
  if (exchange.plan.isHandedOut) {
    // The request is forwarded as it came, and the checks of content here read it like that.
    exchange.incoming = new Map(exchange.incoming).set('content-type', profile.mediaType);
    return undefined;
  }
  if (!isUsableKey(key.document, clock.now()) || app.state !== 'active') return refuse('GW40105');
  if (profile.operationName !== undefined && (called.hasParams || reading.operation !== called.operation))
    return refuseOperation(profile.operationName);
  exchange.rawQuery = content.query;
  if (content.body !== body) exchange.body = Buffer.from(content.body);
  if (content.body === '') return undefined;
  exchange.headers['content-type'] = 'application/json';
  // A body that is the value of a parameter was only known to end where it should.
  return profile.readsBody || called.keyPointer !== undefined ? readBody(exchange, called.keyPointer, deps) : undefined;
}

/**
 * Reads the signed body as JSON and takes the idempotency key from it. Whether the key is usable, and whether there must
 * be one, is checked later.
 */
async function readBody(
  exchange: Exchange,
  pointer: readonly string[] | undefined,
  { json }: PolicyDeps,
): Promise<GatewayError | undefined> {
  const read = await json.read(exchange.body!, exchange);
  if (!('value' in read)) return refuseJson(read);
  exchange.json = read.value;
  if (pointer === undefined) return undefined;
  const key = followPointer(read.value, pointer);
  if ((typeof key !== 'string' && typeof key !== 'number') || key === '') return undefined;
  exchange.headers['idempotency-key'] = String(key);
  exchange.incoming = new Map(exchange.incoming).set('idempotency-key', String(key));
  return undefined;
}

function hasParams({ path }: InterfaceDocument): boolean {
  return path.includes('/:');
}

function refuseOperation(name: string): GatewayError {
  return refuse('GW40103', {
    text: {
      'zh-CN': `签名没有指明该接口：参数 ${name} 须等于接口的操作名（未设置时为接口编号）；路径含参数的接口不支持此签名形式`,
      en: `The signature does not name this interface: the parameter ${name} must equal its operation name (its id if none is set). Interfaces with parameters in the path cannot be called like this.`,
    },
  });
}
