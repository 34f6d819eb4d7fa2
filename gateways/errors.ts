/** Defines all errors of the gateways: code, HTTP status and texts. No other file decides an HTTP status. */
import type { JsonExcess } from '../engine/contract/schema/scan-json.ts';
import type { Text } from '../engine/contract/values/texts.ts';
import type { Exchange, GatewayError } from './contract.ts';
import type { JsonResult } from './json-reading.ts';

type Row = readonly [status: number, zh: string, en: string];

const ROWS = {
  GW40001: [
    400,
    '请求格式不正确：请按 HTTP 规范和接口文档修改后重新发送',
    'The request is malformed: correct it by HTTP and the documents of the interface, and send it again.',
  ],
  GW40002: [400, '该接口要求携带 Idempotency-Key 请求头', 'This interface requires an Idempotency-Key header.'],
  GW40003: [
    400,
    '加密报文无法解开：请用平台当前的加密公钥和文档中的算法重新加密，并以本次请求的内容作为附加数据',
    'The envelope cannot be opened: encrypt again for a current encryption key of the platform, with a documented algorithm and the data of this request.',
  ],
  GW40101: [
    401,
    '缺少认证信息或认证信息无效：请检查 Authorization 请求头',
    'Authentication is missing or invalid: check the Authorization header.',
  ],
  GW40102: [
    401,
    '请求时间超出允许范围，请校准时钟后重新签名',
    'The request time is outside the allowed window: set the clock and sign again.',
  ],
  GW40103: [
    401,
    '签名验证失败，请对照签名文档检查待签名串',
    'The signature does not verify: compare the canonical string with the signing guide.',
  ],
  GW40104: [401, '随机数已被使用，请为每次请求生成新的 nonce', 'The nonce was used before: create a new one for each request.'],
  GW40105: [
    401,
    '密钥当前不可用，请联系平台确认密钥或应用状态',
    'The key or its app cannot be used now: ask the platform operator about its state.',
  ],
  GW40106: [
    401,
    '登录级别不足，请以更高级别（如刷脸、数字证书）重新登录',
    'The login level is too low for this: log in again at a higher level, such as by face or certificate.',
  ],
  GW40301: [
    403,
    '应用未获得该接口的授权，或授权已过期：请向平台申请',
    'The app has no grant for this interface, or it has expired: ask the platform for one.',
  ],
  GW40302: [403, '来源地址不允许访问：请联系平台登记该地址', 'The source address is not allowed: ask the platform to list it.'],
  GW40303: [
    403,
    '该接口不对调用方所在的服务域开放：请向平台申请',
    'The interface is not open to the service domain of the caller: ask the platform.',
  ],
  GW40304: [
    403,
    '无权访问所请求的数据，或数据不存在：请核对请求中的编号',
    'The requested data does not exist, or you may not access it: check the ids in the request.',
  ],
  GW40305: [
    403,
    '请求内容被安全检查拦截：请将所列字段改为普通文字，或联系平台设置例外',
    'The content was blocked: send plain text in the listed field, or ask the platform for an exception.',
  ],
  GW40306: [
    403,
    '账号或设备已被限制使用：如有疑问，请联系平台',
    'This account or device is blocked: ask the platform if you think this is wrong.',
  ],
  GW40307: [
    403,
    '请求来自未登记的站点：请从平台的正式网址访问，或联系平台登记站点',
    'The request is from a site that is not listed: use the official address, or ask the platform to list the site.',
  ],
  GW40401: [404, '接口不存在：请核对路径和网关地址', 'There is no such interface: check the path and the address of the gateway.'],
  GW40402: [
    404,
    '接口所属的服务已下线：请稍后再试，或联系服务负责方',
    'The service of the interface is offline: try again later, or ask its owner.',
  ],
  GW40403: [404, '接口已下线：请稍后再试，或联系接口负责方', 'The interface is offline: try again later, or ask its owner.'],
  GW40501: [405, '该路径不支持此请求方法', 'The path does not support this method.'],
  GW40801: [408, '等待请求超时', 'The request did not arrive in time.'],
  GW40901: [
    409,
    '使用相同 Idempotency-Key 的请求正在处理，请稍后再查',
    'A request with this Idempotency-Key is being processed: ask again later.',
  ],
  GW41301: [413, '请求体超出大小限制：请减少内容', 'The request body is too large: send less.'],
  GW41501: [
    415,
    '文件类型不被接受，或与声明、扩展名不符：请发送接口接受的文件',
    'The file is of a type that is not accepted, or not what it is said to be: send a file that the interface accepts.',
  ],
  GW41502: [
    415,
    '不支持的内容类型或编码：请改用接口接受的 Content-Type，且不压缩',
    'The media type or encoding is not supported: send a Content-Type that the interface takes, uncompressed.',
  ],
  GW42201: [422, '请求内容不符合接口定义', 'The request does not fit the interface definition.'],
  GW42202: [422, '同一 Idempotency-Key 已用于不同的请求内容', 'This Idempotency-Key was used before with different content.'],
  GW42203: [422, '流程拒绝了该请求', 'The flow refused the request.'],
  GW42901: [429, '请求过于频繁：请按 Retry-After 等待后重试', 'Too many requests: wait as Retry-After says, then try again.'],
  GW42902: [
    429,
    '请求配额已用完：请等下个周期，或联系平台提高配额',
    'The quota is used up: wait for the next period, or ask the platform for more.',
  ],
  GW43101: [431, '请求头超出 16 KB：请减少或缩短请求头', 'The request headers are larger than 16 KB: send fewer or shorter ones.'],
  GW50001: [500, '平台内部错误，请提供 traceId 联系平台', 'An internal error happened: report the traceId to the platform.'],
  GW50201: [502, '后端服务不可用或响应无效', 'The service behind the gateway is not reachable or returned an invalid response.'],
  GW50301: [503, '网关繁忙，请稍后重试', 'The gateway is busy: try again later.'],
  GW50302: [
    503,
    '后端服务异常，暂停调用，请求未被办理：请按 Retry-After 等待后重试',
    'Calls to the service are paused because it fails; nothing was done. Wait as Retry-After says, then try again.',
  ],
  GW50303: [503, '网关依赖的共享状态暂不可用，请稍后重试', 'Shared state of the gateway is not available: try again later.'],
  GW50304: [503, '网关正在停止，请重试', 'The gateway is stopping: try again.'],
  GW50305: [
    503,
    '内网网关暂时无法连接，请求未被办理，请稍后重试',
    'The gateway inside cannot be reached; nothing was done: try again later.',
  ],
  GW50306: [
    503,
    '接口已由运维人员暂停调用，请求未被办理：请按 Retry-After 等待后重试',
    'An operator has paused the calls of this interface; nothing was done. Wait as Retry-After says, then try again.',
  ],
  GW50401: [504, '后端服务响应超时', 'The service behind the gateway did not respond in time.'],
  GW50402: [
    504,
    '处理结果未知，请使用相同 Idempotency-Key 查询，勿直接重发',
    'The outcome is unknown: ask again with the same Idempotency-Key, do not send it as a new request.',
  ],
  GW50501: [
    505,
    '只接受 HTTP/1.1：请升级客户端；经 nginx 转发的，设 proxy_http_version 1.1',
    'Only HTTP/1.1 is accepted: use a newer client; a proxy in front must speak it too (nginx: proxy_http_version 1.1).',
  ],
} as const satisfies Readonly<Record<string, Row>>;

export type GatewayErrorCode = keyof typeof ROWS;

/** The gateway refused these calls with status 503. They did not reach the target, so they say nothing about it. */
const REFUSED_UNCALLED: ReadonlySet<string> = new Set(['GW50301', 'GW50302', 'GW50306'] satisfies GatewayErrorCode[]);

/** Returns whether the gateway refused a call with this error to protect the target or itself. */
export function isUncalled(code: string): boolean {
  return REFUSED_UNCALLED.has(code);
}

/** Returns whether an error means that the gateway refused the call, and not that the target failed. */
export function isRefusal(code: string): boolean {
  return (code.startsWith('GW') && !code.startsWith('GW5')) || isUncalled(code);
}

export interface RefusalDetails {
  /**
   * Replaces the table's text with a more specific one, in both languages. It must not say which part of
   * a signature failed, or contain personal data.
   */
  readonly text?: Text;
  readonly retryAfterSec?: number;
  readonly headers?: GatewayError['headers'];
  readonly issues?: GatewayError['issues'];
  /** The outcome of the work, for GW50402; `unknown` if absent. */
  readonly outcome?: GatewayError['outcome'];
  readonly cause?: GatewayError['cause'];
}

const IDEMPOTENCY_KEY = 'idempotency-key';

/**
 * Returns the error of a code. Without details it is always the same frozen object, so that refusing a request costs
 * nearly nothing.
 */
export function refuse(code: GatewayErrorCode, details?: RefusalDetails): GatewayError {
  return details === undefined ? PLAIN[code] : makeError(code, details);
}

/**
 * Returns the error for a call that was sent but not answered, so that the target may have done the work. The advice in
 * the error depends on whether the caller sent an idempotency key that the target honours, and on whether the interface
 * is idempotent.
 */
export function refuseUnknown({ incoming, interface: called }: Pick<Exchange, 'incoming' | 'interface'>): GatewayError {
  const { target, idempotent } = called!;
  const isKeyHeeded = target.kind === 'flow' || target.honoursIdempotencyKey === true;
  if (isKeyHeeded && incoming.has(IDEMPOTENCY_KEY)) return refuse('GW50402');
  return idempotent === true ? UNKNOWN_BUT_REPEATABLE : UNKNOWN_WITHOUT_KEY;
}

/**
 * Returns the error for a call whose flow wrote something and then failed. That work must not be done twice. So the
 * text never mentions sending the request again, not even to advise against it.
 */
export function refuseDone({ incoming }: Pick<Exchange, 'incoming'>, isSettled = false): GatewayError {
  if (isSettled) return DONE_WITHOUT_ANSWER;
  return incoming.has(IDEMPOTENCY_KEY) ? DONE_WITH_KEY : DONE_WITHOUT_KEY;
}

/** The error for a query that `decodeQuery` rejects. */
export const QUERY_MALFORMED = refuse('GW40001', {
  text: {
    'zh-CN': '查询串不可接受：每个参数名只能出现一次，最多 100 个，且须为完整的 UTF-8 百分号编码',
    en: 'The query is not acceptable: each name once, at most 100 of them, in whole UTF-8 with % escapes.',
  },
});

/** Returns the error for a body that could not be read. */
export function refuseJson({ problem, isBusy, isCostly, excess }: Extract<JsonResult, { problem: string }>): GatewayError {
  if (isBusy) return refuse('GW50301');
  if (isCostly) return BODY_TOO_COSTLY;
  if (excess !== undefined) return refuse('GW41301', { text: excessText(excess) });
  return refuse('GW40001', { text: { 'zh-CN': `请求体不可接受：${problem}`, en: `The body is not acceptable: ${problem}.` } });
}

function excessText({ of, found, limit }: JsonExcess): Text {
  if (of === 'orders')
    return {
      'zh-CN': `请求体中字段的组合和顺序过多：超过 ${limit} 种。请让同类对象的字段及其顺序一致，或分几次发送`,
      en: `The body has fields in too many different orders: more than ${limit}. Use the same fields in the same order for objects of the same kind, or send it in several requests.`,
    };
  if (of === 'wide')
    return {
      'zh-CN': `请求体中字段超过一千个的对象过大：超出一千的字段合计超过 ${limit} 个。请改用列表，把编号写成字段的值，或分几次发送`,
      en: `The body has objects of more than a thousand fields, with more than ${limit} beyond the first thousand of each. Use lists with the ids as values, or send it in several requests.`,
    };
  return of === 'values'
    ? {
        'zh-CN': `请求体中的值过多：${found} 个，上限 ${limit} 个。请分几次发送，或把长列表作为一段文本或文件发送`,
        en: `The body has too many values: ${found}, at most ${limit}. Send it in several requests, or send long lists as one text or as a file.`,
      }
    : {
        'zh-CN': `请求体中不同的字段名过多：超过 ${limit} 个。请改用列表，把编号写成字段的值，或分几次发送`,
        en: `The body has too many different field names: more than ${limit}. Use lists with the ids as values, or send it in several requests.`,
      };
}

const BODY_TOO_COSTLY = refuse('GW41301', {
  text: {
    'zh-CN': '读取和校验请求体需要的计算或内存超出限额：请减少内容，或分几次发送',
    en: 'Reading and checking the body needs too much CPU time or memory: send less, or send it in several requests.',
  },
});

/**
 * Returns the error for a request above a rate limit. Nothing was done for it. `waitMs` is the time until the next
 * request is allowed.
 */
export function refuseRate(waitMs: number): GatewayError {
  return waitMs <= 1_000 ? RATE_SOON : refuse('GW42901', { retryAfterSec: Math.ceil(waitMs / 1_000) });
}

/** Returns all codes with their status and texts, for documents and guards. */
export function listGatewayErrors(): readonly GatewayError[] {
  return Object.values(PLAIN);
}

const PLAIN = Object.freeze(
  Object.fromEntries(Object.keys(ROWS).map((code) => [code, Object.freeze(makeError(code as GatewayErrorCode, {}))])),
) as Readonly<Record<GatewayErrorCode, GatewayError>>;

const RATE_SOON = refuse('GW42901', { retryAfterSec: 1 });
const UNKNOWN_BUT_REPEATABLE = refuse('GW50402', {
  text: {
    'zh-CN': '处理结果未知；该接口重复办理与办理一次相同，可以重新发送',
    en: 'The outcome is unknown; doing it twice has the same effect as doing it once, so send it again.',
  },
});
const UNKNOWN_WITHOUT_KEY = refuse('GW50402', {
  text: {
    'zh-CN': '处理结果未知，且无法用 Idempotency-Key 查询：请先核实是否已办理，再决定是否重新发送',
    en: 'The outcome is unknown, and there is no Idempotency-Key to ask with: find out whether it was done before you send it again.',
  },
});
const DONE_WITH_KEY = refuse('GW50402', {
  outcome: 'done',
  text: {
    'zh-CN': '业务已办理（部分或全部），但未能生成应答，平台人员正在处理；无需另行提交，稍后用相同的 Idempotency-Key 查询应答',
    en: 'It was done, in part or in whole, but no response could be created; the platform is looking into it. Ask for the response later with the same Idempotency-Key.',
  },
});
const DONE_WITHOUT_KEY = refuse('GW50402', {
  outcome: 'done',
  text: {
    'zh-CN': '业务已办理（部分或全部），但未能生成应答，平台人员正在处理；无需另行提交，请凭 traceId 向平台查询结果',
    en: 'It was done, in part or in whole, but no response could be created; the platform is looking into it. Ask the platform operator for the result, with the traceId.',
  },
});

/**
 * The error if a person has ended the execution. A request with the same idempotency key never gets another response.
 */
const DONE_WITHOUT_ANSWER = refuse('GW50402', {
  outcome: 'done',
  text: {
    'zh-CN': '业务已办理（部分或全部），平台人员已确认结束，没有可返回的应答；无需另行提交，请凭 traceId 向平台了解办理情况',
    en: 'It was done, in part or in whole, and the platform operator ended it without a response. Ask the platform operator what was done, with the traceId.',
  },
});

function makeError(code: GatewayErrorCode, details: RefusalDetails): GatewayError {
  const [status, zh, en] = ROWS[code];
  const text = details.text ?? { 'zh-CN': zh, en };
  const { retryAfterSec = status === 503 ? 1 : undefined, headers, issues, cause } = details;
  const { outcome = code === 'GW50402' ? 'unknown' : undefined } = details;
  return {
    code,
    status,
    message: text.en,
    text,
    ...(retryAfterSec === undefined ? {} : { retryAfterSec }),
    ...(headers === undefined ? {} : { headers }),
    ...(issues === undefined ? {} : { issues }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(cause === undefined ? {} : { cause }),
  };
}
