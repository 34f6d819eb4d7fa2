/**
 * Texts for errors that gateways return to callers, and for errors in the gateways themselves. These texts are for
 * operators and say more than the texts for callers, which are in `gateways/errors.ts`.
 */
import type { ErrorTemplates } from './template.ts';

export const gatewayTexts: ErrorTemplates = {
  GW40001: { what: '请求格式不正确', fix: '按提示更正请求。', original: true },
  GW40002: { what: '该接口要求携带 Idempotency-Key 请求头', fix: '每个业务操作携带一个唯一的 Idempotency-Key。' },
  GW40003: {
    what: '加密报文无法解开，或该接口、应用的加密设置不满足',
    fix: '用平台当前的加密公钥重新加密；应答加密需要应用先登记加密公钥。',
    original: true,
  },
  GW40101: { what: '缺少认证信息，或认证信息无法识别', fix: '按签名说明携带认证信息。' },
  GW40102: { what: '请求时间超出允许范围', fix: '校准时钟（NTP）后重新签名。' },
  GW40103: { what: '签名验证失败', fix: '对照签名说明中的样例，检查待签名串。' },
  GW40104: { what: '随机数（nonce）已被使用', fix: '每次请求（包括重试）都生成新的 nonce。' },
  GW40105: { what: '密钥或其应用当前不可用', fix: '联系平台确认密钥和应用的状态。' },
  GW40106: { what: '用户的登录级别低于接口的要求', fix: '以更高级别重新登录；要求由接口的“登录级别”策略设定。' },
  DOCUMENT_NOT_FETCHED: { what: '无法从 {host} 获取文档', fix: '检查地址和证书，以及是否允许连接到该地址（系统 › 出站连接）。' },
  GW40301: { what: '应用没有该接口的授权，或授权已过期', fix: '申请授权，或申请延长授权。' },
  GW40302: { what: '来源地址不允许访问', fix: '申请将来源地址加入名单。' },
  GW40305: { what: '请求内容被安全检查拦截', fix: '将所列字段改为普通文字；确属正常内容的，申请为该字段设置例外。' },
  GW40304: { what: '无权访问所请求的数据，或数据不存在', fix: '核对请求中的编号；需要访问其他人的数据时先申请权限。' },
  GW40401: { what: '接口不存在', fix: '检查路径和网关。' },
  GW40403: { what: '接口已下线', fix: '等待恢复，或联系接口负责方。' },
  GW40501: { what: '该路径不支持此请求方法', fix: '按应答头 Allow 中列出的方法调用。' },
  GW40801: { what: '请求没有在时限内到达', fix: '连续发送请求头和请求体，不要中途停顿。' },
  GW40901: { what: '相同 Idempotency-Key 的请求正在处理', fix: '按 Retry-After 等待后，用同一键再查。' },
  GW41301: { what: '请求体超出大小限制', fix: '减少内容，或申请调高上限。' },
  GW41502: { what: '不支持的内容类型或编码', fix: '按接口定义的内容类型发送，不要压缩。' },
  GW42201: { what: '请求内容不符合接口定义', fix: '更正列出的字段。' },
  GW42202: { what: '同一 Idempotency-Key 已用于不同的请求内容', fix: '新的业务操作请使用新的键。' },
  GW42203: { what: '流程拒绝了该请求', fix: '按提示更正请求。', original: true },
  GW42901: { what: '请求过于频繁', fix: '按 Retry-After 等待后重试，或申请调高上限。' },
  GW42902: { what: '请求配额已用完', fix: '等下个周期，或联系平台提高配额。' },
  GW43101: { what: '请求头超出大小限制（16 KB）', fix: '减少或缩短请求头。' },
  GW50001: { what: '平台内部错误', fix: '请提供 traceId 联系平台。' },
  GW50201: { what: '后端服务不可用或应答无效', fix: '稍后重试；若持续出现，请检查后端服务。' },
  GW50301: { what: '网关繁忙', fix: '按 Retry-After 等待后重试。' },
  GW50302: { what: '后端服务异常，暂停调用（熔断），请求未被办理', fix: '按 Retry-After 等待后重试。' },
  GW50303: { what: '网关依赖的共享状态或配置暂不可用', fix: '按 Retry-After 等待后重试。' },
  GW50304: { what: '网关正在停止', fix: '重新发送即可，其他网关会接管。' },
  GW50305: { what: '内网网关暂时无法连接，没有办理', fix: '按 Retry-After 等待后重试。' },
  GW50401: { what: '后端服务没有在时限内应答', fix: '可以重试；若持续出现，请检查后端服务。' },
  GW50402: {
    what: '处理结果未知，或已办理但没有应答',
    fix: '看应答中的 outcome：unknown 时用同一 Idempotency-Key 查询，未带该键的先核实是否已办理；done 时无需另行提交。',
  },

  GW_CALL_ENDED: { what: '调用方已离开或期限已到，网关结束了对后端的调用' },
  FORWARD_INSIDE_DOWN: {
    what: '无法从内网网关[ {address} ]取得计划[：{reason}]',
    fix: '检查内网网关是否运行、防火墙是否放行，以及其证书是否由 KQ_FORWARD_CA_FILE 签发。',
  },
  FORWARD_NOT_TAKEN: {
    what: '内网网关[ {address} ]不接受本节点的转发',
    fix: '将 KQ_FORWARD_CERT_FILE 的证书指纹写入内网总线网关的 KQ_FORWARD_NODES。',
  },
  FORWARD_WRONG_FRONT: {
    what: '本节点的证书属于网关[ {front}]，而不是[ {given}]',
    fix: '每个网关使用各自的证书，或更正内网的 KQ_FORWARD_NODES。',
  },
  FORWARD_FROM_BUS: { what: '总线网关位于内网，不能转发', fix: '以 --flows local 启动总线网关。' },
  GATEWAY_WITHOUT_PLAN: { what: '此网关尚未收到任何计划', fix: '启动管理端，并确认两者使用同一存储。' },
  PROCESSES_NEED_SERVERS: {
    what: '多个网关进程需要服务器上的存储和 Redis',
    fix: '设置 KQ_STORE_ADDRESS 和 KQ_SHARED_ADDRESS（见 docs/operations.md“多进程部署”），或只启动一个进程。',
  },
  FRONT_LOCKED: {
    what: '另一个进程正在运行网关[ {front}][（{folder}）]',
    fix: '先停止该进程。嵌入式存储上，每个网关只能由一个进程提供（防重放记录只在该进程内）；需要多个网关时，请改用数据库服务器与 Redis。',
  },
  LISTEN_FAILED: { what: '无法在[ {host}:{port} ]上监听[（{reason}）]', fix: '选择空闲的端口和本机的地址。' },
  METRICS_TOKEN_INVALID: { what: '文件[ {file} ]中没有可用的指标令牌（至少 16 个字符）', fix: '执行：openssl rand -hex 32 >[ {file}]' },
  LISTEN_PLAIN_REFUSED: { what: '在非本机地址[ {host} ]上监听必须使用 TLS', fix: '配置证书和私钥，或改为监听 127.0.0.1。' },
  NODE_KEY_INVALID: { what: '文件[ {path} ]中没有有效的节点密钥', fix: '恢复该文件，或将其与计划文件一并移除。' },
  PLAN_FILE_DAMAGED: { what: '计划文件[ {path} ]已损坏，或属于其他节点', fix: '移除该文件，由管理端重新发布；节点密钥须与密封时一致。' },
  PLAN_FILE_MISSING: { what: '计划文件[ {path} ]不存在', fix: '先启动一次管理端。' },
  PLAN_FILE_OLD: { what: '计划文件[ {path} ]已超过 24 小时', fix: '启动管理端以写入新的计划；确认期间没有撤销授权时，也可强制使用。' },
  POLICY_INVALID: { what: '策略文件[ {file} ]无效', fix: '按“如何增加策略”的说明更正该文件。' },
  FLOWS_ELSEWHERE: { what: '此网关进程不运行流程', fix: '请调用由 kangqiao start 启动的网关。' },
};
