import { isCallerId, type CompatibilityProfile } from './compatibility-profile.ts';

const OPENING = 'WECHATPAY2-SHA256-RSA2048 ';
const FIELDS = new Set(['mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no']);
const MAX_HEADER_LENGTH = 4096;

/**
 * The form of WeChat Pay APIv3 (https://pay.weixin.qq.com/doc/v3/merchant/4012365342). `mchid` is the app, `serial_no`
 * the key. The fields may be in any order, as in the documents of WeChat Pay.
 */
export const wechatPayV3: CompatibilityProfile = {
  name: 'wechatpay-v3',
  text: {
    label: { 'zh-CN': '微信支付 v3 形式', en: 'Like WeChat Pay v3' },
    help: {
      'zh-CN': 'Authorization: WECHATPAY2-SHA256-RSA2048；mchid 填应用编号，serial_no 填密钥编号。',
      en: 'Authorization: WECHATPAY2-SHA256-RSA2048; mchid is the app id, serial_no the key id.',
    },
  },
  algorithm: 'RSA-SHA256',
  signatureForm: 'standard',
  mediaType: 'application/json',
  operationName: undefined,
  readsBody: false,
  answer: {
    takesJsonOnly: false,
    headerPrefix: 'wechatpay-',
    signedText: (timestamp, nonce) => [`${timestamp}\n${nonce}\n`, '\n'],
    write({ timestamp, nonce, signature }) {
      if (signature === undefined) return {};
      const headers = {
        'wechatpay-timestamp': timestamp,
        'wechatpay-nonce': nonce,
        'wechatpay-signature': signature.text,
        'wechatpay-serial': signature.keyId,
        'wechatpay-signature-type': OPENING.trim(),
      };
      return { headers };
    },
  },
  matches: ({ header }) => header('authorization')?.startsWith(OPENING) === true,
  read({ method, target, query, header }, body) {
    const fields = readFields(header('authorization') ?? '');
    const [appId, keyId] = [fields?.get('mchid'), fields?.get('serial_no')];
    const { nonce_str: nonce = '', timestamp = '', signature = '' } = Object.fromEntries(fields ?? []);
    if (!isCallerId(appId) || !isCallerId(keyId) || !isCallerId(nonce) || !/^[1-9][0-9]{9}$/.test(timestamp)) return undefined;
    const signedText = `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`;
    const signedAt = Number(timestamp) * 1000;
    return { appId, keyId, signedAt, nonce, signature, signedText, operation: undefined, content: { query, body } };
  },
};

/** Returns the fields `name="value"`: each of the five once. */
function readFields(header: string): ReadonlyMap<string, string> | undefined {
  if (header.length > MAX_HEADER_LENGTH) return undefined;
  const fields = new Map<string, string>();
  for (const field of header.slice(OPENING.length).split(',')) {
    const [, name = '', value = ''] = /^ ?([a-z_]+)="([^"]*)"$/.exec(field) ?? [];
    if (!FIELDS.has(name) || fields.has(name)) return undefined;
    fields.set(name, value);
  }
  return fields.size === FIELDS.size ? fields : undefined;
}
