/** The stages of a gateway and its policies, in words. */
import type { CallLine, PolicyDescription } from '../../api/operations.ts';
import { DIMENSION_TEXTS, type Dimension } from '../../../../gateways/documents/limit-dimension.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';

const STAGE_TEXTS = defineTexts({
  trace: ['链路标识', 'Trace id'],
  'client-ip': ['客户端地址', 'Client address'],
  'coarse-limit': ['初步限流', 'First limit'],
  route: ['查找接口', 'Finding the interface'],
  state: ['接口状态', 'State of the interface'],
  headers: ['请求头', 'Headers'],
  claim: ['身份声明', 'Claimed identity'],
  body: ['接收报文', 'Reading the body'],
  authenticate: ['验证身份', 'Authentication'],
  nonce: ['防重放', 'Replay guard'],
  grant: ['授权', 'Grant'],
  limit: ['限流与配额', 'Limits and quotas'],
  decrypt: ['解密', 'Decryption'],
  schema: ['格式校验', 'Schema'],
  content: ['内容安全', 'Content safety'],
  access: ['数据权限', 'Object access'],
  cache: ['缓存', 'Cache'],
  admission: ['并发与熔断', 'Concurrency and breaker'],
  release: ['灰度分组', 'Grey release'],
  mirror: ['流量复制', 'Mirror'],
  call: ['调用目标', 'Calling the target'],
  respond: ['处理应答', 'Processing the response'],
  seal: ['签名与加密应答', 'Signing and encrypting'],
  log: ['记录日志', 'Logging'],
  day: ['每日', 'per day'],
  month: ['每月', 'per month'],
});
type StageName = keyof typeof STAGE_TEXTS;

const NOTE_TEXTS = defineTexts({
  'list-missing': ['名单不存在，请求被拒', 'The list does not exist, so the request was refused'],
  'not-inspected': ['内容无法读取，没有检查', 'The content could not be read, so it was not checked'],
  'rule-set-missing': ['规则集不存在', 'The rule set does not exist'],
  unreadable: ['内容无法读取', 'The content could not be read'],
  ambiguous: ['有不止一种读法', 'It can be read in more than one way'],
  missing: ['服务没有该对象，按规则返回无权', 'The service has no such object; the rule answers as for one of somebody else'],
  foreign: ['对象不属于调用方', 'The object is not of the caller'],
  absent: ['请求中没有对象标识', 'The request names no object'],
  'no-subject': ['令牌或应用中没有规则要求的取值', 'The token or app lacks the value that the rule needs'],
  'relation-failed': ['查询关系失败，按规则拒绝', 'The relation could not be asked, so the request was refused'],
  enumeration: ['访问的不同对象过多', 'Too many different objects'],
  'service-missing': ['接口所属的服务不存在', 'The service of the interface does not exist'],
  'port-closed': [
    '该地址的端口没有打开：检查服务是否运行、端口是否正确。原因码',
    'The port is closed: check that the service runs there. Cause',
  ],
  'host-unknown': ['主机名无法解析：检查地址和 DNS。原因码', 'The host name is unknown: check the address and DNS. Cause'],
  'no-route': ['无法建立连接：检查地址、网络和防火墙。原因码', 'No connection: check the address, network and firewall. Cause'],
  'address-refused': ['平台不允许连接该地址。原因码', 'The platform may not connect to this address. Cause'],
  'no-response': ['没有及时应答。原因码', 'No response in time. Cause'],
  'closed-early': [
    '对方关闭了连接：检查服务，及地址是否应为 https。原因码',
    'The service closed the connection: check it, and whether the address must be https. Cause',
  ],
  'tls-failed': [
    'TLS 握手失败：检查端口是否为 https，及其协议版本。原因码',
    'The TLS handshake failed: check that the port speaks https, and its version. Cause',
  ],
  'certificate-refused': [
    '服务的证书不受信任：检查证书、域名和签发机构。原因码',
    'The certificate of the service is not trusted: check it, its names and its authority. Cause',
  ],
  'not-http': ['应答不是 HTTP：检查端口和协议。原因码', 'The response is not HTTP: check the port and the protocol. Cause'],
  'service-failed': ['服务调用失败。原因码', 'The call of the service failed. Cause'],
  'reply-unusable': [
    '流程已执行，但其回复不能返回给调用方：按触发节点的帮助修改回复。错误代码',
    'The flow has run, but its reply cannot be returned: correct the reply as the help of the trigger says. Code',
  ],
  'cut-off': ['应答中途中断，调用方只收到一部分。原因码', 'The response was cut off, the caller got only a part. Cause'],
  'over-quota': ['配额已用完，上限', 'The quota is used up. Limit:'],
  'quota-used': ['已用 / 配额：', 'Used, of the quota:'],
  'over-rate': ['超出限制：', 'Over the limit of'],
  'over-concurrency': ['并发已满，上限', 'The concurrency is full. Limit:'],
  'in-flight': ['处理中 / 上限（本网关）：', 'In flight, of the limit of this gateway:'],
  'others-not-asked': [
    '只按应答的这个网关判断；另有网关各自计数，个数：',
    'Judged by the gateway that replied. Other gateways that count for themselves:',
  ],
  paused: ['由运维人员暂停', 'Paused by an operator'],
  'breaker-open': ['该实例组的调用已暂停', 'Calls of this instance group are paused'],
  listed: ['地址在名单中', 'The address is on the list'],
  'not-listed': ['不在名单中', 'It is not on the list'],
  blocked: ['在黑名单中', 'It is on the black list'],
  'low-level': ['登录级别 / 要求：', 'Login level, and the one required:'],
  dropped: ['去掉了无权的数据', 'Data of others was dropped'],
});

export interface StageWords {
  stageOf(stage: string): string;
  /** Returns the label of a policy, or its name if it is not known. */
  labelOf(policy: string): string;
  /** Returns which stage and policy ended a call; undefined if the target responded. */
  decisionOf(call: CallLine): { readonly stage: string; readonly policy?: string } | undefined;
  /** Returns a note in words, with a number that follows its code; undefined if it has no words. */
  noteOf(what: string): string | undefined;
  /** Returns what a limit or quota counts by, in words; undefined for places of other policies. */
  dimensionOf(note: NonNullable<CallLine['notes']>[number]): string | undefined;
  /** Returns whether the request left the gateway: no policy before the call ended it. */
  hasReachedTarget(call: CallLine): boolean;
}

/** Policies whose notes name a dimension. */
const COUNTING: ReadonlySet<string> = new Set(['quota', 'rate-limit', 'app-limit', 'address-limit']);
const AFTER_CALL: ReadonlySet<string> = new Set(['respond', 'seal', 'log']);

export function useStageWords(): StageWords {
  const t = useTexts(STAGE_TEXTS);
  const note = useTexts(NOTE_TEXTS);
  const text = useText();
  const list = useQueryOf('policies.list', {});
  const policies = new Map<string, PolicyDescription>(list.data?.items.map((policy) => [policy.name, policy]));
  const stageOf = (stage: string) => (Object.hasOwn(STAGE_TEXTS, stage) ? t(stage as StageName) : stage);
  const labelOf = (name: string) => text(policies.get(name)?.text.label) || (name === 'route' || name === 'call' ? t(name) : name);
  return {
    stageOf,
    labelOf,
    decisionOf({ decidedBy, code, interfaceId }) {
      if (decidedBy !== undefined) {
        const stage = policies.get(decidedBy)?.stage;
        return { ...(stage === undefined ? { stage: decidedBy } : { stage: stageOf(stage) }), policy: labelOf(decidedBy) };
      }
      if (code === undefined) return undefined;
      return { stage: t(interfaceId === undefined ? 'route' : 'call') };
    },
    noteOf(what) {
      const [code = '', count = ''] = what.split(' ');
      return Object.hasOwn(NOTE_TEXTS, code) ? `${note(code as keyof typeof NOTE_TEXTS)} ${count}`.trim() : undefined;
    },
    dimensionOf({ policy, where }) {
      if (where === undefined || !COUNTING.has(policy)) return undefined;
      const [, by = where, period] = /^(.*)-(day|month)$/.exec(where) ?? [];
      if (!Object.hasOwn(DIMENSION_TEXTS, by)) return undefined;
      const [zh, en] = DIMENSION_TEXTS[by as Dimension];
      const dimension = text({ 'zh-CN': zh, en });
      return period === undefined ? dimension : `${dimension} · ${t(period as 'day' | 'month')}`;
    },
    hasReachedTarget: ({ interfaceId, decidedBy }) =>
      interfaceId !== undefined && (decidedBy === undefined || AFTER_CALL.has(policies.get(decidedBy)?.stage ?? '')),
  };
}
