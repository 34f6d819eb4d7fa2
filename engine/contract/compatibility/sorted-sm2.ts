import { isCallerId, type CompatibilityProfile } from './compatibility-profile.ts';
import { addMembers } from './json-members.ts';
import { addPairs, ownQuery, sortedText } from './signed-parameters.ts';

const JSON_TYPE = 'application/json';
/** Parameters of the form itself. They end at the gateway; `data` becomes the body. */
const OF_PROFILE = new Set('appId appCode version timestamp signType encType transType data signData extra encData'.split(' '));
const UNSIGNED = new Set(['signData', 'extra']);

/**
 * A form like that of the national healthcare insurance platform: a JSON object (or, without a body, a query) whose
 * members are sorted and joined, with the raw SM2 signature in `signData`. Other than there, `data` is signed as its
 * text was sent, and no shared secret is appended. It names no key and has no nonce.
 */
export const sortedSm2: CompatibilityProfile = {
  name: 'sorted-sm2',
  text: {
    label: { 'zh-CN': '医保形式（参数排序 + SM2）', en: 'Sorted parameters with SM2, as for healthcare insurance' },
    help: {
      'zh-CN': 'JSON 请求体含 appId、timestamp、signType=SM2、transType、data、signData；transType 填接口的操作名，data 即请求体。',
      en: 'A JSON body with appId, timestamp, signType=SM2, transType, data, signData; transType is the operation name of the interface, data the body.',
    },
  },
  algorithm: 'SM2-SM3',
  signatureForm: 'raw',
  mediaType: JSON_TYPE,
  operationName: 'transType',
  readsBody: true,
  answer: undefined,
  matches: ({ query, header }) =>
    header('authorization') === undefined &&
    (/(?:^|&)signData=/.test(query) || header('content-type')?.split(';', 1)[0]!.trim().toLowerCase() === JSON_TYPE),
  read({ query }, body) {
    const parameters = new Map<string, string>();
    if (!addPairs(parameters, query) || (body !== '' && !addMembers(parameters, body, 'data'))) return undefined;
    const signedText = sortedText(parameters, UNSIGNED, 'data');
    const {
      appCode,
      appId = appCode,
      transType: operation,
      signData: signature,
      signType,
      timestamp = '',
    } = Object.fromEntries(parameters);
    const signedAt = readTime(timestamp);
    if (signedText === undefined || signedAt === undefined || !isCallerId(appId) || signature === undefined) return undefined;
    if (signType !== 'SM2' || parameters.get('encData')) return undefined;
    const content = { query: ownQuery(parameters, OF_PROFILE), body: parameters.get('data') ?? '' };
    return { appId, keyId: undefined, signedAt, nonce: undefined, signature, signedText, operation, content };
  },
};

/** Reads seconds (10 digits) or milliseconds (13 digits) since 1970. */
function readTime(text: string): number | undefined {
  if (!/^[1-9](?:[0-9]{9}|[0-9]{12})$/.test(text)) return undefined;
  return text.length === 10 ? Number(text) * 1000 : Number(text);
}
