import { isCallerId, type CompatibilityProfile } from './compatibility-profile.ts';
import { addPairs, ownQuery, sortedText } from './signed-parameters.ts';

const FORM = 'application/x-www-form-urlencoded';
/** Parameters of the form itself. They end at the gateway; `biz_content` becomes the body. */
const OF_PROFILE = new Set(
  `app_id method format return_url charset sign_type sign timestamp version notify_url app_auth_token auth_token biz_content
   app_cert_sn alipay_root_cert_sn alipay_sdk prod_code terminal_type terminal_info encrypt_type`.split(/\s+/),
);
const UNSIGNED = new Set(['sign']);

/**
 * The form of Alipay's open platform with RSA2 (https://opendocs.alipay.com/common/02kf5q). Parameters are in the query,
 * in the form, or in both. It names no key and has no nonce.
 */
export const alipayRsa2: CompatibilityProfile = {
  name: 'alipay-rsa2',
  text: {
    label: { 'zh-CN': '支付宝 RSA2 形式', en: 'Like Alipay with RSA2' },
    help: {
      'zh-CN': '表单或查询参数 app_id、method、timestamp、biz_content、sign；method 填接口的操作名，biz_content 即请求体。',
      en: 'Form or query parameters app_id, method, timestamp, biz_content, sign; method is the operation name of the interface, biz_content the body.',
    },
  },
  algorithm: 'RSA-SHA256',
  signatureForm: 'standard',
  mediaType: FORM,
  operationName: 'method',
  readsBody: true,
  answer: {
    takesJsonOnly: true,
    signedText: () => ['', ''],
    write({ operation = '', signature }) {
      const name = JSON.stringify(`${operation.replaceAll('.', '_')}_response`);
      return { around: [`{${name}:`, signature === undefined ? '}' : `,"sign":"${signature.text}"}`] };
    },
  },
  matches: ({ query, header }) =>
    header('authorization') === undefined &&
    (/(?:^|&)sign_type=RSA2(?:&|$)/.test(query) || header('content-type')?.split(';', 1)[0]!.trim().toLowerCase() === FORM),
  read({ query }, body) {
    const parameters = new Map<string, string>();
    if (!addPairs(parameters, query) || !addPairs(parameters, body)) return undefined;
    const signedText = sortedText(parameters, UNSIGNED, 'biz_content');
    const {
      app_id: appId,
      method: operation,
      sign: signature,
      sign_type,
      charset = 'utf-8',
      timestamp = '',
      biz_content = '',
    } = Object.fromEntries(parameters);
    const signedAt = readTime(timestamp);
    if (signedText === undefined || signedAt === undefined || !isCallerId(appId) || signature === undefined) return undefined;
    if (biz_content.startsWith('[')) return undefined;
    if (sign_type !== 'RSA2' || charset.toLowerCase() !== 'utf-8' || parameters.get('encrypt_type')) return undefined;
    const content = { query: ownQuery(parameters, OF_PROFILE), body: biz_content };
    return { appId, keyId: undefined, signedAt, nonce: undefined, signature, signedText, operation, content };
  },
};

/** Reads `yyyy-MM-dd HH:mm:ss`, which is the time of Beijing. */
function readTime(text: string): number | undefined {
  const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}+08:00`) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
