/** The alarm rules. Each one has a threshold, texts and the page to open. */
import type { Text } from '../../engine/contract/values/texts.ts';

export type AlarmSeverity = 'warning' | 'critical';
export type AlarmValues = Readonly<Record<string, string | number>>;

export interface AlarmRule {
  readonly text: { readonly label: Text; readonly help: Text; readonly unit: Text };
  readonly bound: { readonly least: number; readonly most: number; readonly usual: number };
  readonly severity: AlarmSeverity;
  /** Returns a sentence. It contains only ids, numbers and `name`, the name of the flow that the alarm is about. */
  describe(values: AlarmValues, name: Text | undefined): Text;
  /** Returns the path of the console page to open. */
  link(values: AlarmValues): string;
}

const both = (zhCN: string, en: string): Text => ({ 'zh-CN': zhCN, en });
const MINUTES = both('分钟', 'minutes');
const SECONDS = both('秒', 'seconds');
const COUNT = both('条', 'messages');

export const ALARM_RULES = {
  'queue-age': {
    text: {
      label: both('队列积压', 'Queue age too high'),
      help: both('最老的可处理消息等待超过此时间。', 'The oldest message that is ready to be processed has waited longer than this.'),
      unit: MINUTES,
    },
    bound: { least: 1, most: 1440, usual: 5 },
    severity: 'critical',
    describe: ({ minutes = 0, queued = 0 }) =>
      both(
        `最老的消息已等待 ${minutes} 分钟，排队 ${queued} 条`,
        `The oldest message has waited ${minutes} minutes; ${queued} messages are queued`,
      ),
    link: () => '/messages?status=queued',
  },
  held: {
    text: {
      label: both('待人工处理的消息过多', 'Too many held'),
      help: both('待人工处理的消息达到此数。', 'At least this many messages are held and wait for a decision.'),
      unit: COUNT,
    },
    bound: { least: 1, most: 10_000, usual: 10 },
    severity: 'warning',
    describe: ({ count = 0 }) => both(`${count} 条消息待人工处理`, `${count} messages are held and wait for a decision`),
    link: () => '/held',
  },
  failed: {
    text: {
      label: both('失败与死信过多', 'Too many failed or dead letters'),
      help: both('一小时内失败（含死信）的消息达到此数。', 'At least this many messages failed within an hour, including dead letters.'),
      unit: COUNT,
    },
    bound: { least: 1, most: 10_000, usual: 20 },
    severity: 'warning',
    describe: ({ count = 0 }) =>
      both(`一小时内 ${count} 条消息失败或成为死信`, `${count} messages failed or became dead letters within an hour`),
    link: () => '/messages?status=failed',
  },
  'adapter-failing': {
    text: {
      label: both('适配器调用失败', 'Adapter failing'),
      help: both(
        '某系统（适配器）的调用连续失败至少 3 次，且持续达到此时间没有一次成功；对方再次应答后才结束。',
        'Calls to a system (adapter) failed at least three times in a row, and none has succeeded for this long. The alarm ends when the system responds again.',
      ),
      unit: MINUTES,
    },
    bound: { least: 1, most: 1440, usual: 2 },
    severity: 'critical',
    describe: ({ adapterId = '', code = '', since = 0 }, name) =>
      both(
        `“${name?.['zh-CN'] ?? adapterId}”自 ${time(since)} 起调用失败（${code}）`,
        `Calls of "${name?.en ?? adapterId}" have been failing since ${time(since)} (${code})`,
      ),
    link: ({ adapterId = '' }) => `/adapters/${adapterId}`,
  },
  'error-ratio': {
    text: {
      label: both('错误率过高', 'Error ratio too high'),
      help: both(
        '某流程或接口最近五分钟至少有 20 次调用，其中失败的比例达到此值。业务拒绝不算失败，重试不另计。',
        'At least this share of calls of a flow or an interface failed within five minutes (with 20 calls or more). Refused calls are not failures, and retries do not count.',
      ),
      unit: both('%', '%'),
    },
    bound: { least: 1, most: 100, usual: 20 },
    severity: 'warning',
    describe: ({ what = '', id = '', percent = 0, calls = 0 }, name) =>
      what === 'interface'
        ? both(
            `接口“${name?.['zh-CN'] ?? id}”最近五分钟 ${calls} 次调用中 ${percent}% 失败`,
            `${percent}% of ${calls} calls of the interface "${name?.en ?? id}" failed within five minutes`,
          )
        : both(
            `流程“${name?.['zh-CN'] ?? id}”最近五分钟 ${calls} 次执行中 ${percent}% 失败`,
            `${percent}% of ${calls} executions of the flow "${name?.en ?? id}" failed within five minutes`,
          ),
    link: ({ what = '', id = '' }) => (what === 'interface' ? `/interfaces/${id}` : `/flows/${id}`),
  },
  'refusal-ratio': {
    text: {
      label: both('大量调用被拒', 'Too many calls refused'),
      help: both(
        '某接口最近五分钟至少有 20 次调用，其中被拒的比例达到此值。',
        'At least this share of the calls of an interface was refused within five minutes (with 20 calls or more).',
      ),
      unit: both('%', '%'),
    },
    bound: { least: 1, most: 100, usual: 50 },
    severity: 'warning',
    describe: ({ interfaceId = '', percent = 0, calls = 0, code = '', app = '' }, name) =>
      both(
        `接口“${name?.['zh-CN'] ?? interfaceId}”最近五分钟 ${calls} 次调用中 ${percent}% 被拒，多为 ${code}${app === '' ? '' : `（应用 ${app}）`}`,
        `${percent}% of ${calls} calls of the interface "${name?.en ?? interfaceId}" were refused within five minutes, mostly with ${code}${app === '' ? '' : ` (app ${app})`}`,
      ),
    link({ interfaceId = '', app = '' }) {
      const ofApp = app === '' ? '' : `&app=${encodeURIComponent(app)}`;
      return `/calls?interface=${encodeURIComponent(interfaceId)}${ofApp}&outcome=refused`;
    },
  },
  'feed-silent': {
    text: {
      label: both('来源中断', 'Feed is silent'),
      help: both(
        '来源的间隔超过其平常间隔的四倍，且至少这么久没有消息。',
        'No message arrived for four times the usual interval of this feed, and for at least this long.',
      ),
      unit: MINUTES,
    },
    bound: { least: 1, most: 10_080, usual: 10 },
    severity: 'warning',
    describe: ({ flowId = '', lastAt = 0, usual = 0 }, name) =>
      both(
        `“${name?.['zh-CN'] ?? flowId}”自 ${time(lastAt)} 起没有消息，平常每 ${usual} 分钟内有一条`,
        `"${name?.en ?? flowId}" has received no message since ${time(lastAt)}; usually one arrives within ${usual} minutes`,
      ),
    link: ({ flowId = '' }) => `/flows/${flowId}`,
  },
  'listener-failing': {
    text: {
      label: both('监听失败', 'Listener fails'),
      help: both('监听器这么久仍无法启动。', 'A listener has failed to start for this long.'),
      unit: MINUTES,
    },
    bound: { least: 1, most: 1440, usual: 2 },
    severity: 'critical',
    describe: ({ flowId = '', code = '' }, name) =>
      both(`“${name?.['zh-CN'] ?? flowId}”无法监听（${code}）`, `"${name?.en ?? flowId}" cannot listen (${code})`),
    link: ({ flowId = '' }) => `/flows/${flowId}`,
  },
  'process-silent': {
    text: {
      label: both('进程失联', 'Process is silent'),
      help: both(
        '进程这么久没有报告、没有正常结束，也没有后来启动的同类进程接替。',
        'A process has not reported for this long, did not stop normally, and no process of its kind has started since to replace it.',
      ),
      unit: MINUTES,
    },
    bound: { least: 1, most: 55, usual: 2 },
    severity: 'critical',
    describe: ({ role = '', host = '', pid = 0, lastSeenAt = 0 }) =>
      both(
        `进程 ${role}（${host}，${pid}）自 ${time(lastSeenAt)} 起没有报告，也没有正常结束`,
        `The process ${role} (${host}, ${pid}) has not reported since ${time(lastSeenAt)} and did not stop normally`,
      ),
    link: () => '/system',
  },
  integrity: {
    text: {
      label: both('数据被绕过平台改动', 'Changed outside Kangqiao'),
      help: both(
        '至少这么多项账号、密钥、授权、接口等数据被绕过平台改动并已停用，或审计链被改动、与签名不符。',
        'At least this many protected documents were changed outside Kangqiao and are not used; or lines of the audit trail are missing or were changed.',
      ),
      unit: both('项', 'documents'),
    },
    bound: { least: 1, most: 1000, usual: 1 },
    severity: 'critical',
    describe: describeIntegrity,
    link: () => '/system',
  },
  'record-quota': {
    text: {
      label: both('留存额度用尽', 'Record quota used up'),
      help: both(
        '某流程当天的留存额度已用尽，此后已有这么多条消息结束。',
        'A flow used up its record quota today, and this many messages have ended since then.',
      ),
      unit: COUNT,
    },
    bound: { least: 1, most: 1_000_000, usual: 1 },
    severity: 'warning',
    describe: ({ flowId = '', count = 0, megabytes = 0 }, name) =>
      both(
        `“${name?.['zh-CN'] ?? flowId}”今天已留存 ${megabytes} MB，额度用尽；此后 ${count} 条成功的只留下状态和业务键，失败的仍有内容`,
        `"${name?.en ?? flowId}" kept ${megabytes} MB of records today, which is its quota; of ${count} messages since then, those that completed keep only status and keys`,
      ),
    link: ({ flowId = '' }) => `/flows/${flowId}`,
  },
  expiring: {
    text: {
      label: both('即将到期', 'Expires soon'),
      help: both(
        '应用密钥、授权、总线网关的令牌与证书、监听证书，或平台密钥（使用三年）在此天数内到期。',
        'A key of an app, a grant, a token or certificate of the bus, the certificate of the listeners, or a key of the platform (used for three years) expires within this many days.',
      ),
      unit: both('天', 'days'),
    },
    bound: { least: 1, most: 30, usual: 14 },
    severity: 'warning',
    describe({ what = '', id = '', appId = '', expiresAt = 0 }) {
      const kind = EXPIRING[what as keyof typeof EXPIRING] ?? both('凭据', 'Credential');
      const of = appId === '' ? id : `${appId} / ${id}`;
      return both(`${kind['zh-CN']} ${of} 于 ${time(expiresAt)} 到期`, `${kind.en} ${of} expires at ${time(expiresAt)}`);
    },
    link: ({ appId = '' }) => (appId === '' ? '/system' : `/callers/${appId}`),
  },
  disk: {
    text: {
      label: both('磁盘空间不足', 'Disk almost full'),
      help: both('数据目录所在磁盘的剩余比例低于此值。', 'Less than this share of the data folder’s disk is free.'),
      unit: both('%', '%'),
    },
    bound: { least: 1, most: 90, usual: 10 },
    severity: 'critical',
    describe: ({ percent = 0, freeMb = 0 }) =>
      both(`数据目录所在磁盘仅剩 ${percent}%（${freeMb} MB）`, `Only ${percent}% (${freeMb} MB) of the data folder's disk is free`),
    link: () => '/system',
  },
  'store-down': {
    text: {
      label: both('存储中断', 'Store is down'),
      help: both('存储这么久没有应答。', 'The store has not responded for this long.'),
      unit: SECONDS,
    },
    bound: { least: 15, most: 3600, usual: 30 },
    severity: 'critical',
    describe: ({ code = '' }) => both(`存储没有应答（${code}）`, `The store does not respond (${code})`),
    link: () => '/system',
  },
  'shared-down': {
    text: {
      label: both('共享状态中断', 'Shared state is down'),
      help: both('共享状态（Redis）这么久没有应答。', 'The shared state (Redis) has not responded for this long.'),
      unit: SECONDS,
    },
    bound: { least: 15, most: 3600, usual: 30 },
    severity: 'critical',
    describe: ({ code = '' }) => both(`共享状态没有应答（${code}）`, `The shared state does not respond (${code})`),
    link: () => '/system',
  },
} as const satisfies Readonly<Record<string, AlarmRule>>;

export type AlarmRuleName = keyof typeof ALARM_RULES;
export const ALARM_RULE_NAMES = Object.keys(ALARM_RULES) as AlarmRuleName[];

const EXPIRING = {
  'app-key': both('应用密钥', 'Key'),
  grant: both('授权', 'Grant'),
  'bus-consumer': both('总线网关的令牌或证书', 'Token or certificate of the bus'),
  'tls-certificate': both('监听证书', 'Certificate of the listeners'),
  'platform-key': both('平台密钥', 'Key of the platform'),
};

function describeIntegrity({ count = 0, trail = '', line = 0, broken = 0, headMissingSince }: AlarmValues): Text {
  const parts: Text[] = [];
  if (Number(broken) > 0)
    parts.push(
      both(
        `审计链自第 ${line} 行起有 ${broken} 处缺失或被改动`,
        `The audit trail is broken in ${broken} place(s), the first at line ${line}`,
      ),
    );
  else if (trail !== '') parts.push(both('审计链与签名不符', 'The audit trail does not match its signed head'));
  if (headMissingSince !== undefined) parts.push(both('审计链末端签名文件缺失', 'The signed head of the audit trail is missing'));
  if (trail !== '') parts.push(both('系统只读', 'the store is read only'));
  if (Number(count) > 0)
    parts.push(both(`${count} 项数据被绕过平台改动，已停用`, `${count} documents were changed outside Kangqiao and are not used`));
  return both(parts.map((part) => part['zh-CN']).join('；'), parts.map(({ en }) => en).join('; '));
}

/** Returns the time in the time zone of the process, which is that of its operators: `2026-11-25 18:05`. */
export function time(at: string | number): string {
  return new Date(Number(at)).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}
