import type { Text } from '../../../engine/contract/values/texts.ts';
import { both } from './alarm-rule.ts';

export interface RefusalWords {
  readonly what: Text;
  /** What an operator can do. */
  readonly advice: Text;
}

/** Returns what a code of a refused call means, and what to do. */
export function refusalWords(code: unknown): RefusalWords {
  return CODES[String(code)] ?? OTHER;
}

const CODES: Readonly<Record<string, RefusalWords>> = {
  GW40101: {
    what: both('缺少认证信息，或应用、密钥、令牌无效', 'authentication is missing, or app, key or token is not valid'),
    advice: both(
      '核对调用方的应用编号与密钥是否登记、是否过期或已停用。',
      'Check whether the app and its key are registered, expired or revoked.',
    ),
  },
  GW40102: {
    what: both('请求时间超出允许范围', 'the request time is outside the window'),
    advice: both('请调用方校准时钟，并核对网关的时钟。', 'Ask the caller to set its clock, and check the clock of the gateways.'),
  },
  GW40103: {
    what: both('签名错误', 'the signature is wrong'),
    advice: both(
      '请调用方核对密钥和待签名串；来源不明的，将地址列入黑名单。',
      'Ask the caller to check key and canonical string; if you do not know the sender, block the address.',
    ),
  },
  GW40104: {
    what: both('重复的随机数（重放）', 'the nonce was used before (replay)'),
    advice: both(
      '请调用方为每次请求生成新的随机数；来源不明的，可能是重放攻击。',
      'Ask the caller to create a nonce for each request; from a stranger, this may be a replay attack.',
    ),
  },
  GW40302: {
    what: both('来源地址不允许访问', 'the source address is not allowed'),
    advice: both(
      '在“安全”页核对 IP 名单；刚启用白名单的，先补齐调用方的地址。',
      'Check the address lists on the page Security; complete an allow list that was just switched on.',
    ),
  },
  GW40401: {
    what: both('没有这个路径的接口', 'no interface has this path'),
    advice: both(
      '核对接口路径是否改过、调用方的地址是否写错；来源不明的，可能是扫描。',
      'Check whether a path was changed or the caller uses a wrong one; from a stranger, this may be a scan.',
    ),
  },
  GW40301: {
    what: both('应用没有该接口的授权', 'the app has no grant for the interface'),
    advice: both('在“调用方”页核对授权及其有效期。', 'Check the grant and its end on the page Callers.'),
  },
  GW40304: {
    what: both('请求的对象不属于调用方', 'the object does not belong to the caller'),
    advice: both(
      '打开这些调用查看是哪条规则；同一用户大量被拒的，可能在试探他人的数据。',
      'Open these calls to see which rule it was; many refusals of one user may be an attempt to read data of others.',
    ),
  },
  GW40305: {
    what: both('内容像攻击', 'the content looks like an attack'),
    advice: both(
      '在“安全”页的命中中查看内容的位置；误判的，为该字段添加例外。',
      'See the hits on the page Security; if they are no attack, add an exception for the field.',
    ),
  },
  GW42201: {
    what: both('请求不符合接口的结构', 'the request does not fit the schema'),
    advice: both('请调用方按接口的结构更正请求。', 'Ask the caller to correct the request by the schema of the interface.'),
  },
  GW42901: {
    what: both('请求过于频繁', 'there are too many requests'),
    advice: both(
      '请调用方放慢，或在接口页调高限流；来源不明的，将地址列入黑名单。',
      'Ask the caller to slow down, or raise the limit on the page of the interface; if you do not know it, block the address.',
    ),
  },
  GW42902: {
    what: both('配额已用完', 'the quota is used up'),
    advice: both('在接口页核对配额，需要时调高。', 'Check the quota on the page of the interface, and raise it if needed.'),
  },
  GW50301: {
    what: both('接口的并发已满', 'the concurrency of the interface is full'),
    advice: both(
      '核对后端服务是否变慢；能承受更多的，在接口页调高并发上限。',
      'Check whether the service has become slow; if it can take more, raise the concurrency on the page of the interface.',
    ),
  },
  GW50302: {
    what: both('熔断中', 'the breaker is open'),
    advice: both(
      '后端服务持续失败：按失败的调用找出原因，恢复后自动放行。',
      'The service keeps failing: find the cause by its failed calls; calls pass again when it is well.',
    ),
  },
  GW50306: {
    what: both('人工暂停', 'a person paused the calls'),
    advice: both('在接口页查看是谁、为何暂停，并在那里结束。', 'See on the page of the interface who paused it and why, and end it there.'),
  },
};
const OTHER: RefusalWords = {
  what: both('其他原因', 'other reasons'),
  advice: both('打开这些调用，查看每次被拒的原因。', 'Open these calls to see why each was refused.'),
};
