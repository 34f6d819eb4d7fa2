/** Texts for errors of starting and stopping, of settings, and of the SDK. */
import type { ErrorTemplates } from './template.ts';

const askAgain = '将结果视为未知，用同一 Idempotency-Key 再次查询；若仍如此，请检查平台公钥和时钟。';

export const hostTexts: ErrorTemplates = {
  SETTINGS_INVALID: { what: '配置不正确', fix: '更正列出的配置后重新启动。' },
  'SETTINGS_INVALID/pair': { what: 'TLS 证书与私钥须同时配置，或都不配置', fix: '补充缺少的一项。' },
  'SETTINGS_INVALID/inside': { what: '交换目录须在数据目录之外', fix: '将 KQ_EXCHANGE_FOLDER 指向数据目录之外。' },
  'SETTINGS_INVALID/own': { what: '“{value}”含有平台自身的文件，或位于平台自身的目录之内', fix: '为适配器的文件另建目录。' },
  'SETTINGS_INVALID/forward': { what: '以 forward 方式运行的网关必须配置此项', fix: '补充该项，见部署文档“DMZ”一节。' },
  'SETTINGS_INVALID/twice': { what: '同一证书只能对应一个节点和一个网关，此处重复', fix: '每个节点、每个网关使用各自的证书。' },
  'SETTINGS_INVALID/range': { what: '“{value}”不是 IP 地址或网段', fix: '填写地址（如 10.20.3.7）或网段（如 10.20.0.0/16）。' },
  'SETTINGS_INVALID/target': {
    what: '“{value}”不是主机、地址或网段（可带端口）',
    fix: '填写如 127.0.0.1:25、10.20.0.0/16 或 mail.example:587。',
  },
  'SETTINGS_INVALID/misspelt': { what: '{variable} 不是有效的配置项', fix: '是否应为 {nearest}？' },
  DATA_FOLDER_UNUSABLE: { what: '数据目录 {folder} 无法使用[（{reason}）]', fix: '用 KQ_DATA_FOLDER 指定其他目录，或更正其属主和权限。' },
  INPUT_UNREADABLE: { what: '文件 {file} 无法读取（{reason}）', fix: '检查该文件及其所在磁盘。' },
  'INPUT_UNREADABLE/missing': { what: '文件 {file} 不存在', fix: '更正文件名；相对路径从当前目录算起。' },
  'INPUT_UNREADABLE/folder': { what: '{file} 是目录，不是文件', fix: '请指定其中的文件。' },
  'INPUT_UNREADABLE/denied': { what: '没有读取文件 {file} 的权限', fix: '请其属主授予读权限。' },
  INPUT_NOT_JSON: { what: '{file} 的 JSON 在第 {line} 行第 {column} 列有误', fix: '更正该处或其前面的内容。' },
  'INPUT_NOT_JSON/empty': { what: '{file} 没有内容，此处需要 JSON', fix: '请提供内容，或指定其他文件。' },
  HEALTH_TIMEOUT: { what: '[{part} 的]健康检查没有响应', fix: '检查该部分是否正常。' },
  STOP_TIMEOUT: { what: '{part} 没有在[ {limitMs} 毫秒]时限内停止', fix: '原因见日志。' },
  SDK_KEY_INVALID: {
    what: '密钥无法使用',
    fix: '私钥用 PKCS#8 PEM，公钥用 SPKI PEM，共享密钥用 base64url，且与算法相符。',
    original: true,
  },
  SDK_NO_ANSWER: { what: '网关没有给出完整应答', fix: '用同一 Idempotency-Key 再次查询；若仍如此，请检查地址和证书。' },
  SDK_ANSWER_NOT_JSON: { what: '应答不是 UTF-8 编码的 JSON', fix: '查看应答的内容类型和内容。' },
  SDK_SESSION_REFUSED: { what: '平台没有建立会话', fix: '用 SM2 密钥签名，为应用登记加密公钥，并在 encryption 中给出其私钥。' },
  SDK_ENVELOPE_INVALID: { what: '应答的加密报文无法解开', fix: '核对私钥与应用登记的加密公钥是否成对，再用同一 Idempotency-Key 查询。' },
  SDK_ANSWER_UNSIGNED: { what: '应答没有签名，不可信', fix: askAgain },
  SDK_ANSWER_KEY_UNKNOWN: { what: '应答由未知的平台密钥签名，不可信', fix: '获取平台当前的公钥，再用同一 Idempotency-Key 查询。' },
  SDK_ANSWER_STALE: { what: '应答时间与本机相差超过 300 秒，不可信', fix: '校准时钟后，用同一 Idempotency-Key 查询。' },
  SDK_ANSWER_FORGED: { what: '应答的签名不成立，不可信', fix: '不要采信该应答，并报告给平台。' },
};
