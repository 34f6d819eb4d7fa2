import { Type } from 'typebox';
import { CONTENT_CIPHERS, type ContentCipher, type ContentKey } from '../../../engine/contract/ports/encryption.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import { refuse, refuseJson } from '../../errors.ts';
import { createKeyCache, openEnvelope, type KeyCache, type OpenedEnvelope } from '../../shared/identity/open-envelope.ts';

/**
 * Opens the envelope of an encrypted request, so that all later checks see its content. Decides before the call whether
 * the answer is encrypted (`response-envelope`), because an app without an encryption key must be refused before
 * anything is done. All envelopes that cannot be opened get the same error.
 */
export default definePolicy({
  name: 'envelope',
  stage: 'decrypt',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '报文加密', en: 'Encrypted bodies' },
    help: {
      'zh-CN': '解开以 X-KQ-Enc 声明的加密请求（SM4-CBC-HSM3、AES-256-GCM），并按同样的算法加密应答。应答加密需要应用登记一把加密公钥。',
      en: 'Opens requests that X-KQ-Enc declares as encrypted (SM4-CBC-HSM3, AES-256-GCM), and encrypts their answers alike. Encrypted answers need an encryption key of the app.',
    },
  },
  options: Type.Object(
    {
      request: Type.Optional(
        Type.Union([Type.Literal('allow'), Type.Literal('require')], {
          ...fieldText(
            '请求体',
            'Request body',
            '“必须加密”时，明文请求体返回 GW40003。',
            'If required, a plain body is refused with GW40003.',
            {
              options: { allow: ['可以加密', 'May be encrypted'], require: ['必须加密', 'Must be encrypted'] },
            },
          ),
          default: 'allow',
        }),
      ),
      answer: Type.Optional(
        Type.Union([Type.Literal('match'), Type.Literal('always')], {
          ...fieldText(
            '应答体',
            'Answer',
            '“总是加密”时，没有加密公钥的应用不能调用此接口。',
            'If always encrypted, apps without an encryption key cannot call the interface.',
            { options: { match: ['请求加密时加密', 'Encrypted if the request is'], always: ['总是加密', 'Always encrypted'] } },
          ),
          default: 'match',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  reads: () => ({ body: true }),
  compile({ request = 'allow', answer = 'match' }, _target, _front, deps) {
    const keys = deps.keepers.ofGateway<KeyCache<ContentKey>>('content keys of requests', () => createKeyCache(deps.clock));
    const isRequired = request === 'require';
    const answersAlways = answer === 'always';
    return (exchange) => {
      const named = exchange.incoming.get('x-kq-enc');
      if (exchange.profile !== undefined) return named !== undefined || isRequired || answersAlways ? IN_PROFILE : undefined;
      if (named === undefined) {
        if (isRequired && exchange.body!.length > 0) return NEEDED;
        return answersAlways ? prepareAnswer(exchange, undefined, deps) : undefined;
      }
      const cipher = CONTENT_CIPHERS.find((known) => known === named);
      if (cipher === undefined) return refuse('GW40003');
      const refused = prepareAnswer(exchange, cipher, deps);
      if (refused !== undefined) return refused;
      const decryptionKey = (keyId: string) => exchange.plan.decryptionKey(keyId, deps.clock.now());
      return openEnvelope(exchange, { cipher, keys, decryptionKey }, deps).then((opened) => takeContent(exchange, opened, deps));
    };
  },
});

const NEEDED = refuse('GW40003', {
  text: {
    'zh-CN': '该接口只接受加密的请求体：请按签名文档加密，并携带 X-KQ-Enc 请求头',
    en: 'This interface takes encrypted bodies only: encrypt the body by the signing guide, and send the header X-KQ-Enc.',
  },
});
const IN_PROFILE = refuse('GW40003', {
  text: {
    'zh-CN': '兼容签名的请求不能加密，也不能得到加密的应答：请改用 KQ1，或调用不要求加密的接口',
    en: 'Requests of a compatibility profile cannot be encrypted and get no encrypted answers: use KQ1, or an interface that does not require encryption.',
  },
});
const WITHOUT_KEY = refuse('GW40003', {
  text: {
    'zh-CN': '应用没有可用的加密公钥，无法加密应答：请向平台登记一把用途为“加密”的公钥',
    en: 'The app has no usable encryption key, so its answer cannot be encrypted: register a public key for encryption with the platform.',
  },
});

function prepareAnswer(exchange: Exchange, asked: ContentCipher | undefined, { clock }: PolicyDeps): GatewayError | undefined {
  const found = exchange.plan.encryptionKey(exchange.app!.appId, clock.now());
  if (found === undefined) return WITHOUT_KEY;
  const { keyId, handle: receiver } = found;
  const cipher = asked ?? (receiver.algorithm === 'SM2' ? 'SM4-CBC-HSM3' : 'AES-256-GCM');
  exchange.envelope = { cipher, keyId, receiver };
  return undefined;
}

function takeContent(exchange: Exchange, opened: OpenedEnvelope, { bodies }: PolicyDeps): GatewayError | undefined {
  if (opened !== undefined && 'plain' in opened) {
    const { plain } = opened;
    if (!bodies.take(plain.length)) return refuse('GW50301');
    exchange.onEnd(() => bodies.give(plain.length));
    exchange.body = plain;
    return undefined;
  }
  // What did not open proves nothing about its sender's keys.
  exchange.envelope = undefined;
  return opened === undefined ? refuse('GW40003') : refuseJson(opened);
}
