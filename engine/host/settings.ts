/**
 * Settings that a process needs to start. They are read once, all errors are reported together, and afterwards they do
 * not change. Values that can be changed while the process runs are configuration items, not settings.
 */
import { join, resolve } from 'node:path';
import { Type, type Static } from 'typebox';
import { Convert, Default } from 'typebox/value';
import { AppError, type ErrorValues, type Issue } from '../contract/values/errors.ts';
import { isIpRange } from '../contract/calls/ip-range.ts';
import type { Text } from '../contract/values/texts.ts';
import { nearestName } from '../flow/nearest-name.ts';
import { schemaIssues } from '../flow/schema-issues.ts';
import { isInside } from '../outbound/create-file-access.ts';
import { readOutboundTarget } from '../outbound/exception.ts';

/** What a setting means, in both languages. */
const means = (zhCN: string, en: string) => ({ description: en, text: { 'zh-CN': zhCN, en } });
type Meaning = ReturnType<typeof means>;
const file = (zhCN: string, en: string) => Type.Optional(Type.String({ ...means(zhCN, en), minLength: 1, maxLength: 1000 }));
const port = (value: number, zhCN: string, en: string) => Type.Integer({ ...means(zhCN, en), minimum: 0, maximum: 65_535, default: value });
const count = (value: number, maximum: number, zhCN: string, en: string) =>
  Type.Integer({ ...means(zhCN, en), minimum: 1, maximum, default: value });

const ADDRESS = '^[a-z][a-z0-9+]*:.{0,990}$';

/** The only list of settings. The environment variable of `dataFolder` is KQ_DATA_FOLDER, and so on. */
export const SettingsSchema = Type.Object(
  {
    dataFolder: Type.String({
      minLength: 1,
      maxLength: 1000,
      default: 'data',
      ...means('数据目录', 'Folder of the embedded store and everything else that must survive a restart.'),
    }),
    kekFile: file('主密钥文件，须在数据目录之外', 'File of the key-encryption key, outside the data folder. Default: <dataFolder>.kek'),
    exchangeFolder: file(
      '交换目录：管理端操作只在其中写文件（如备份），须在数据目录之外',
      'The only folder in which actions of the admin API write files (backups); must be outside the data folder. Default: <dataFolder>.exchange',
    ),
    auditHeadFile: file(
      '审计链末端签名文件，须在数据目录之外，最好在另一台机器的挂载目录',
      'File of the signed head of the audit trail, outside the data folder, ideally on a mount of another machine. Default: <dataFolder>.audit-head',
    ),
    storeAddress: Type.Optional(
      Type.String({ pattern: ADDRESS, ...means('存储地址', 'Store as scheme:location. Default: embedded:<dataFolder>/store') }),
    ),
    storePasswordFile: file('存储密码所在文件', 'File that contains the password of the store.'),
    sharedAddress: Type.Optional(
      Type.String({
        pattern: ADDRESS,
        ...means(
          '共享状态地址（Redis）',
          'Redis that wakes workers and keeps the state that processes share; every store on a server needs one.',
        ),
      }),
    ),
    sharedPasswordFile: file('共享状态密码所在文件', 'File that contains the password of the shared state.'),
    serverCaFile: file(
      '存储与共享状态证书的签发机构；邮件服务器、告警接收方也可由其签发',
      'PEM of the certificate authorities (CAs) that issued the certificates of the store and the shared state; certificates of the mail server and alarm receivers may come from them too.',
    ),
    archiveFolder: file(
      '归档目录：已结束的执行在若干天后写入文件',
      'Folder to which executions that ended days ago are moved, shared by workers and control. Absent: no archive.',
    ),
    archiveAfterDays: count(
      7,
      3650,
      '执行被接收多少天后归档',
      'Days after which an ended execution is archived; executions that their flow retains for a shorter time are never archived.',
    ),
    environment: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,30}$',
      default: 'DEV',
      ...means('使用适配器的哪一套环境参数', 'Name of the environment; the settings of this environment are used in each adapter.'),
    }),
    bindHost: Type.String({
      minLength: 1,
      maxLength: 255,
      default: '127.0.0.1',
      ...means('监听地址', 'Address that all fronts listen on.'),
    }),
    openPort: port(8441, '开放网关端口', 'Port of the open front (third parties). 0: any free port.'),
    userPort: port(8442, '用户网关端口', 'Port of the user front (citizens).'),
    busPort: port(8443, '总线网关端口', 'Port of the bus front (internal systems).'),
    controlPort: port(8440, '管理端端口', 'Port of control.'),
    statusPort: Type.Optional(
      Type.Integer({
        ...means(
          '状态端口：/healthz、/readyz、/metrics；不设则不监听',
          'Port of /healthz, /readyz and /metrics, for every kind of process. Absent: none.',
        ),
        minimum: 0,
        maximum: 65_535,
      }),
    ),
    metricsTokenFile: file(
      '读取指标的令牌文件；不设则只有本机可读',
      'File with the bearer token for reading /metrics of the status port from other machines. Absent: only this machine can.',
    ),
    otlpAddress: Type.Optional(
      Type.String({
        pattern: '^https?://[^@]{1,990}$',
        ...means(
          '链路追踪收集器地址（OTLP/HTTP）；不设则关闭',
          'Collector of spans (OTLP/HTTP); plain http only on this machine. Absent: no spans are created.',
        ),
      }),
    ),
    traceRatio: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      ...means('链路采样比例，0 到 1', 'Share of traces that are sampled, from 0 to 1.'),
    }),
    tlsCertFile: file('监听证书链（PEM）', 'PEM certificate chain of the listeners. Absent: a development certificate is created.'),
    tlsKeyFile: file('监听私钥（PEM）', 'PEM private key of the listeners.'),
    tlsCaFile: file('客户端证书的签发机构', 'PEM of the CAs that issue client certificates.'),
    trustedProxies: Type.Array(Type.String(), {
      maxItems: 100,
      default: [],
      ...means('可信代理，逗号分隔', 'Addresses or CIDR ranges whose X-Forwarded-For is trusted; separated by commas.'),
    }),
    gatewayDomains: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 100,
      default: [],
      ...means(
        '本机网关只服务这些服务域的接口，逗号分隔；其他接口返回 GW40401。不设则全部',
        'Service domains whose interfaces the gateways of this process serve; separated by commas. Others return GW40401. Absent: all.',
      ),
    }),
    gatewayZone: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        ...means(
          '本机网关所在机房：优先调用同机房的后端实例，都不可用时才用其他机房的',
          'The zone of the gateways of this process. They prefer instances of services in the same zone, and use others when none of them works.',
        ),
      }),
    ),
    flows: Type.Union([Type.Literal('local'), Type.Literal('forward')], {
      default: 'local',
      ...means(
        '网关在何处办理调用：本进程（local），或交给内网的总线网关（forward，用于 DMZ）',
        'Where a gateway runs calls: in its own process (local), or in bus gateways inside (forward, for the DMZ).',
      ),
    }),
    forwardTo: Type.Array(Type.String({ pattern: '^https://[^@/?#,]{1,300}$' }), {
      maxItems: 100,
      default: [],
      ...means('DMZ：内网总线网关的地址，逗号分隔', 'In the DMZ: bus gateways inside, https://host:port; separated by commas.'),
    }),
    forwardCertFile: file(
      'DMZ：本节点向内网出示的证书（PEM）',
      'In the DMZ: PEM certificate that identifies this node to the gateways inside.',
    ),
    forwardKeyFile: file('DMZ：上述证书的私钥（PEM）', 'In the DMZ: its PEM private key.'),
    forwardCaFile: file('DMZ：内网网关证书的签发机构', 'In the DMZ: PEM of the CAs that issue the certificates of the gateways inside.'),
    forwardNodes: Type.Array(Type.String({ pattern: '^(open|user):.{1,2000}@([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$' }), {
      maxItems: 100,
      default: [],
      ...means(
        '内网总线网关：接受哪些 DMZ 节点的转发，网关:服务域+服务域@证书 SHA-256 指纹，逗号分隔',
        'On a bus gateway inside: nodes in the DMZ that may forward calls, front:domain+domain@SHA-256 of the certificate; separated by commas.',
      ),
    }),
    requireTotp: Type.Optional(
      Type.Boolean(
        means(
          '是否要求所有账号使用第二因素（TOTP）；不设则 DEV 环境不要求，其他环境要求',
          'Whether every account needs a second factor (TOTP). Absent: required everywhere except in the environment DEV.',
        ),
      ),
    ),
    passwordMaxAgeDays: Type.Integer({
      minimum: 0,
      maximum: 3650,
      default: 180,
      ...means('密码最长使用天数，到期须修改；0 为不限', 'Days after which a password must be changed; 0: never.'),
    }),
    logLevel: Type.Union(
      ['debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
      { default: 'info', ...means('日志级别', 'debug, info, warn or error.') },
    ),
    logFormat: Type.Union([Type.Literal('json'), Type.Literal('text')], { default: 'text', ...means('日志格式', 'json or text.') }),
    drainMs: count(5000, 600_000, '停止时限', 'How long stopping all parts together may take.'),
    maxConnections: count(10_000, 1_000_000, '每网关连接上限', 'Connections per front.'),
    maxConnectionsPerIp: count(1000, 1_000_000, '每来源地址连接上限', 'Connections per front and per client address.'),
    maxRequestsPerIp: count(
      2000,
      1_000_000,
      '每来源地址每秒请求上限（每网关、每进程）',
      'Requests per second from one address, per front and process; trusted proxies are exempt.',
    ),
    maxRequestsPerApp: count(
      2000,
      1_000_000,
      '每应用每秒请求上限（每网关、每进程）',
      'Requests per second from one app, per front and process.',
    ),
    bodyBudgetBytes: count(268_435_456, 68_719_476_736, '请求体内存总预算', 'Bytes of bodies in memory, all requests together.'),
    cacheBytes: count(
      67_108_864,
      17_179_869_184,
      '每网关应答缓存的内存',
      'Bytes of cached responses in memory, per front and process; at most as many go into the shared state.',
    ),
    workerSlots: count(64, 10_000, '并行执行数', 'Durable executions processed at the same time.'),
    fileRoots: Type.Array(Type.String({ minLength: 1, maxLength: 1000, pattern: '^/' }), {
      maxItems: 100,
      default: [],
      ...means(
        '适配器可读写其中文件的目录（绝对路径），逗号分隔；不设则一个都不允许。不得是平台自身的目录、其上级或其中的目录',
        'Folders in which adapters may read and write files, as absolute paths separated by commas. Absent: none. They must not be, contain or be inside the folders and files of the platform itself.',
      ),
    }),
    outboundAllowed: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
      maxItems: 100,
      default: [],
      ...means(
        '除安全管理员在控制台列出的以外，适配器还可连接的本机等受限地址：主机或网段，可带端口，逗号分隔',
        'Addresses that are refused by default (of this machine and similar) to which adapters may connect, in addition to those that the security administrator allows: host or range, with a port if needed; separated by commas.',
      ),
    }),
    serves: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 1000,
      default: [],
      ...means(
        '本工作进程只服务的流程标签与适配器，逗号分隔；不设则服务全部',
        'Tags of flows and ids of adapters; this worker processes only these. Separated by commas. Absent: everything.',
      ),
    }),
  },
  { additionalProperties: false },
);
export type Settings = Readonly<Omit<Static<typeof SettingsSchema>, 'kekFile' | 'auditHeadFile' | 'exchangeFolder' | 'storeAddress'>> & {
  readonly kekFile: string;
  readonly auditHeadFile: string;
  readonly exchangeFolder: string;
  readonly storeAddress: string;
};

const LISTS: ReadonlySet<string> = new Set([
  'trustedProxies',
  'gatewayDomains',
  'fileRoots',
  'outboundAllowed',
  'serves',
  'forwardTo',
  'forwardNodes',
]);

type Overrides = { readonly [Name in keyof Static<typeof SettingsSchema>]?: unknown };

/**
 * Reads the settings; values may be texts. Overrides (from the command line) win over the environment. Throws
 * SETTINGS_INVALID (input), which lists every invalid setting by name.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>, overrides: Overrides = {}): Settings {
  const given: Record<string, unknown> = {};
  for (const name of names()) {
    const text = environment[variableOf(name)];
    if (text !== undefined && text !== '') given[name] = LISTS.has(name) ? splitList(text) : text;
  }
  for (const [name, value] of Object.entries(overrides)) if (value !== undefined) given[name] = value;
  const filled = Default(SettingsSchema, Convert(SettingsSchema, given)) as Settings;
  const issues = [...schemaIssues(SettingsSchema, filled, 'SETTINGS_INVALID'), ...pairIssues(filled), ...misspelt(environment)];
  if (issues.length > 0) throw invalid(issues, overrides);
  const dataFolder = resolve(filled.dataFolder);
  return Object.freeze({
    ...filled,
    dataFolder,
    storeAddress: filled.storeAddress ?? `embedded:${join(dataFolder, 'store')}`,
    kekFile: resolve(filled.kekFile ?? `${dataFolder}.kek`),
    exchangeFolder: resolve(filled.exchangeFolder ?? `${dataFolder}.exchange`),
    auditHeadFile: resolve(filled.auditHeadFile ?? `${dataFolder}.audit-head`),
    trustedProxies: Object.freeze([...filled.trustedProxies]) as string[],
    gatewayDomains: Object.freeze([...filled.gatewayDomains]) as string[],
    fileRoots: Object.freeze(filled.fileRoots.map((root) => resolve(root))) as string[],
    outboundAllowed: Object.freeze([...filled.outboundAllowed]) as string[],
    serves: Object.freeze([...filled.serves]) as string[],
    forwardTo: Object.freeze([...filled.forwardTo]) as string[],
    forwardNodes: Object.freeze([...filled.forwardNodes]) as string[],
  });
}

/** Calls `readSettings` for this process. No other code reads the environment of the process. */
export function readProcessSettings(overrides?: Overrides): Settings {
  return readSettings(process.env, overrides);
}

export interface SettingDescription {
  readonly name: string;
  readonly variable: string;
  /** User names and passwords in addresses are masked. Secrets are never settings: they are in files. */
  readonly value: string;
  readonly source: 'option' | 'environment' | 'default';
  readonly description: string;
  readonly text: Text;
}

/** Calls `describeSettings` for this process. */
export function describeProcessSettings(settings: Settings, overrides?: Overrides): readonly SettingDescription[] {
  return describeSettings(settings, process.env, overrides);
}

/**
 * Returns every setting with its variable, value, source and meaning. Used by `doctor`, the start of the log, and the
 * system page.
 */
export function describeSettings(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>> = {},
  overrides: Overrides = {},
): readonly SettingDescription[] {
  return names().flatMap((name) => {
    const value = settings[name];
    const schema = SettingsSchema.properties[name];
    if (!hasMeaning(schema)) return [];
    const { description, text } = schema;
    const variable = variableOf(name);
    const isNamed = (overrides as Readonly<Record<string, unknown>>)[name] !== undefined;
    const source = isNamed ? 'option' : (environment[variable] ?? '') === '' ? 'default' : 'environment';
    return { name, variable, value: value === undefined ? '' : maskUserInfo(String(value)), source, description, text };
  });
}

/** Tells the compiler about the fields that `means` adds, because the types of TypeBox leave them out. */
function hasMeaning(schema: object): schema is Meaning {
  return 'description' in schema && 'text' in schema;
}

function names(): (keyof Settings)[] {
  return Object.keys(SettingsSchema.properties) as (keyof Settings)[];
}

function variableOf(name: string): string {
  return `KQ_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function splitList(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function pairIssues(settings: Settings): Issue[] {
  const { tlsCertFile, tlsKeyFile, otlpAddress, ...others } = settings;
  const issues: Issue[] = others.flows === 'forward' ? forwardIssues(others) : [];
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined))
    issues.push(
      wrong(tlsCertFile === undefined ? 'tlsCertFile' : 'tlsKeyFile', 'Set both the certificate and the key, or neither.', 'pair'),
    );
  for (const range of others.trustedProxies)
    if (!isIpRange(range))
      issues.push(wrong('trustedProxies', `${range} is neither an address nor a CIDR range.`, 'range', { value: range }));
  const own = ownFiles(settings);
  for (const root of others.fileRoots)
    if (own.some((path) => isInside(path, resolve(root)) || isInside(resolve(root), path)))
      issues.push(wrong('fileRoots', `${root} contains files of the platform itself, or is inside its folders.`, 'own', { value: root }));
  for (const target of others.outboundAllowed)
    if (readOutboundTarget(target) === undefined)
      issues.push(wrong('outboundAllowed', `${target} is not a host, address or range with a port.`, 'target', { value: target }));
  const fingerprints = others.forwardNodes.map((node) => node.slice(node.lastIndexOf('@')).replaceAll(':', '').toLowerCase());
  if (new Set(fingerprints).size < fingerprints.length)
    issues.push(wrong('forwardNodes', 'A certificate identifies one node and one front, but one certificate is listed twice.', 'twice'));
  if (others.exchangeFolder !== undefined && isInside(resolve(others.exchangeFolder), resolve(others.dataFolder)))
    issues.push(wrong('exchangeFolder', 'The exchange folder must be outside the data folder.', 'inside'));
  if (otlpAddress !== undefined && !isEncryptedOrLocal(otlpAddress))
    issues.push(wrong('otlpAddress', 'A collector on another machine must use https.', 'plain'));
  return issues;
}

/** Returns the absolute paths of all files and folders of the platform itself. */
export function ownFiles(settings: Pick<Settings, 'dataFolder'>): readonly string[] {
  const { dataFolder } = settings;
  const named = Object.entries(settings).filter(([name]) => /(?:File|Folder)$/.test(name));
  const paths = [
    `${dataFolder}.kek`,
    `${dataFolder}.exchange`,
    `${dataFolder}.audit-head`,
    ...named.map(([, path]) => path as string | undefined),
  ];
  return paths.flatMap((path) => (path === undefined ? [] : [resolve(path)]));
}

/**
 * Returns an issue for each missing setting of a gateway that forwards. Such a gateway needs the addresses to forward
 * to, and a certificate to identify itself there.
 */
function forwardIssues(settings: Pick<Settings, 'forwardTo' | 'forwardCertFile' | 'forwardKeyFile' | 'forwardCaFile'>): Issue[] {
  return (['forwardTo', 'forwardCertFile', 'forwardKeyFile', 'forwardCaFile'] as const).flatMap((name) =>
    (settings[name] ?? '').length > 0 ? [] : [wrong(name, 'A gateway that forwards its calls needs this setting.', 'forward')],
  );
}

function wrong(name: string, message: string, problem: string, values: ErrorValues = {}): Issue {
  return { path: `/${name}`, code: 'SETTINGS_INVALID', severity: 'error', message, values: { ...values, problem } };
}

function isEncryptedOrLocal(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/**
 * Returns an issue for each variable whose name is almost that of a setting. Such a typo would otherwise go unnoticed.
 */
function misspelt(environment: Readonly<Record<string, string | undefined>>): Issue[] {
  const known = names().map(variableOf);
  return Object.keys(environment).flatMap((variable): Issue[] => {
    if (!variable.startsWith('KQ_') || variable.length < 8 || known.includes(variable)) return [];
    const nearest = known.find((name) => nearestName(variable, [name]) !== undefined && Math.abs(name.length - variable.length) <= 1);
    if (nearest === undefined || nearestName(variable, known) !== nearest) return [];
    return [
      {
        path: `/${variable}`,
        code: 'SETTINGS_INVALID',
        severity: 'error',
        message: `${variable} is not a setting.`,
        values: { problem: 'misspelt', variable, nearest },
        fix: `Did you mean ${nearest}?`,
      },
    ];
  });
}

function invalid(issues: readonly Issue[], overrides: Overrides): AppError {
  const told = issues.map((issue) => {
    const name = issue.path.split('/')[1] ?? '';
    const source = Object.hasOwn(overrides, name) ? `option ${name}` : name.startsWith('KQ_') ? name : variableOf(name);
    return `${source}: ${issue.message}${issue.fix === undefined ? '' : ` ${issue.fix}`}`;
  });
  return new AppError('SETTINGS_INVALID', 'input', `Some settings are invalid.\n  ${told.join('\n  ')}`, {
    issues,
    fix: 'Correct them and start again.',
  });
}

function maskUserInfo(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]+@/g, '//***@');
}
