/** Texts for errors of calls to hospital systems (HTTP, SOAP, MLLP, mail), and of control and timer nodes. */
import type { ErrorTemplates } from './template.ts';

const askArrived = '先向对方核实该消息是否已收到，再决定重试或取消。';

const ASK_SECURITY = '更正地址；若对方系统确实在此，请安全管理员在“系统 › 适配器可连接的地址”中登记。';

export const nodeTexts: ErrorTemplates = {
  OUTBOUND_REFUSED: { what: '不允许连接 {target}', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/loopback': { what: '不允许连接 {target}：这是本机地址', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/link-local': { what: '不允许连接 {target}：这是本网段的链路地址', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/metadata': { what: '不允许连接 {target}：这是云平台的元数据地址', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/multicast': { what: '不允许连接 {target}：这是组播或广播地址', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/unspecified': { what: '不允许连接 {target}：这不是任何系统的地址', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/translated': { what: '不允许连接 {target}：此地址经转换指向别处（NAT64、Teredo）', fix: ASK_SECURITY },
  'OUTBOUND_REFUSED/own-port': { what: '不允许连接 {target}：这是平台自身的端口', fix: ASK_SECURITY },
  OUTBOUND_URL: {
    what: '“{host}”不是可以连接的主机和端口',
    fix: '填写主机名、IPv4 地址或方括号中的 IPv6 地址，端口不超过 65535，不含 % 和区域标识。',
  },
  OUTBOUND_TARGET: { what: '“{host}”不是主机名、地址或网段', fix: '填写如 127.0.0.1:25、mail.example:587、10.20.0.0/16 或 [::1]:25。' },
  OUTBOUND_NAME: { what: '不能以主机名 {host} 登记例外', fix: '改填地址。' },
  'OUTBOUND_NAME/unknown': { what: '此刻无法解析主机名 {host}，不能列为例外', fix: '改填地址，或在 DNS 可用后再试。' },
  'OUTBOUND_NAME/open': { what: '主机名 {host} 指向的地址本就允许连接，无需例外', fix: '不必登记；确有需要请改填地址。' },
  OUTBOUND_FULL: { what: '例外地址已有 {limit} 条', fix: '删除不再需要的，或改列网段。' },
  FILE_OUTSIDE_ROOTS: {
    what: '{path} 不在适配器可使用的目录之内',
    fix: '改用允许的目录中的路径，或请平台运维人员在 KQ_FILE_ROOTS 中列出该目录。',
  },
  FILE_FOLDER_MISSING: { what: '{path} 所在的目录不存在', fix: '更正路径，或建立该目录。' },
  ADAPTER_SETTINGS_WRONG: { what: '适配器[ {adapter} ]的参数不正确', fix: '更正所指的字段。' },
  'ADAPTER_SETTINGS_WRONG/nowhere': {
    what: '适配器没有指定监听地址',
    fix: '在适配器参数中填写监听主机和端口（listen.host、listen.port）。',
  },
  'ADAPTER_SETTINGS_WRONG/absent': { what: '适配器[ {adapter} ]没有填写 {field}', fix: '在适配器的参数中填写。' },
  HTTP_LOGIN_REFUSED: { what: '对方系统拒绝登录（HTTP {status}）', fix: '检查适配器的登录方式与凭据。' },
  HTTP_CONNECT: { what: '无法连接对方系统（{reason}），尚未发送任何内容', fix: '检查适配器的地址、网络，以及对方系统是否运行。' },
  HTTP_NO_ANSWER: {
    what: '请求已发出，但没有收到完整应答（{reason}）',
    fix: '若为写操作，先向对方核实是否已办理；若为查询，请检查对方是否过载。',
  },
  HTTP_BUSY: { what: '对方系统繁忙或不可用（HTTP {status}），没有办理', fix: '查看对方系统为何繁忙。' },
  HTTP_SERVER_ERROR: { what: '对方系统内部错误（HTTP {status}）', fix: '若为写操作，先向对方核实是否已办理；并请对方运维人员查明原因。' },
  HTTP_REFUSED: { what: '对方系统拒绝了该请求（HTTP {status}）', fix: '更正请求内容；若该状态码属正常情况，请加入期望的状态码。' },
  HTTP_TOO_LARGE: { what: '应答超过上限 {limitBytes} 字节', fix: '减少一次查询的数据量，或调高适配器的应答上限。' },
  HTTP_ANSWER_UNREADABLE: {
    what: '对方已应答，但应答无法读取',
    fix: '先向对方核实是否已办理；再更正应答的读取方式（格式、字符集）。',
    original: true,
  },
  HTTP_UNEXPECTED: { what: '对方返回了未预期的成功状态码（HTTP {status}）', fix: '向对方核实办理结果，并将该状态码加入期望的状态码。' },
  HTTP_ENCODING: { what: '应答无法解压', fix: '请对方按其 Content-Encoding 声明的方式压缩。' },
  HTTP_VALUE_REFUSED: { what: '{placeholder} 的值不能用于地址或请求头', fix: '在调用前校验该值，或更正占位符的路径。' },
  'HTTP_VALUE_REFUSED/empty': {
    what: '{placeholder} 的值为空或为“.”“..”，不能作为路径的一段',
    fix: '在调用前校验该值，或更正占位符的路径。',
  },
  'HTTP_VALUE_REFUSED/unicode': { what: '{placeholder} 的值不是合法的 Unicode 文本', fix: '检查来源数据的字符集。' },
  'HTTP_VALUE_REFUSED/header': {
    what: '{placeholder} 的值含有请求头不能携带的字符',
    fix: '请求头只能用 ISO 8859-1 字符；中文请放入请求体，或先做编码。',
  },
  'HTTP_VALUE_REFUSED/type': { what: '{placeholder} 的值既不是文本也不是数字', fix: '更正占位符的路径，使其指向单个值。' },

  WSDL_TOO_COSTLY: { what: '对方的服务描述（WSDL）过大，或其中的类型互相包含', fix: '请向医院索取只含所需操作的 WSDL，或手工填写各字段。' },
  WSDL_ABSENT: { what: '对方没有在 ?wsdl 提供服务描述[（{reason}）]', fix: '请向医院索取 WSDL 的地址，或手工填写各字段。' },
  SOAP_ANSWER: { what: '应答不是可识别的 SOAP 信封[（{cause}）]', fix: '检查适配器的地址、字符集和 SOAP 版本。' },
  'SOAP_ANSWER/empty': {
    what: '对方返回 HTTP {status}，但没有 SOAP 内容，不能视为已办理',
    fix: '请向对方核实；对方本来就不返回内容的操作，请打开“单向操作”。',
  },
  SOAP_BODY: { what: 'SOAP 调用的{part}须为对象', fix: '在调用前映射为对象，每个元素一个字段。' },
  SOAP_CREDENTIAL: { what: '适配器的凭据格式不正确', fix: '按“用户名:密码”的格式保存该凭据。' },
  SOAP_FAULT: { what: '对方返回了 SOAP Fault（{fault}）', fix: '让 Fault 从其端口送出，可查看原因和详情。' },

  MAIL_CONNECT_FAILED: {
    what: '无法连接邮件服务器 {host}:{port}[：{reason}]',
    fix: '使用适配器的连接测试，检查地址、防火墙、加密方式和证书。',
  },
  MAIL_FAILED: { what: '邮件服务器没有完成请求[：{reason}]', fix: '平台会自动重试；若持续失败，请查看该邮箱及其服务器的日志。' },
  MAIL_FOLDER_MISSING: { what: '邮箱中没有文件夹“{folder}”', fix: '更正触发器中的文件夹名，或在邮箱中建立该文件夹。' },
  MAIL_LOGIN_FAILED: {
    what: '邮件服务器 {host}:{port} 拒绝登录',
    fix: '更正适配器的登录名或凭据；有的服务器须先开启 IMAP 并使用客户端授权码。',
  },
  MAIL_TLS_REQUIRED: { what: '收取邮件须加密，不加密只能用于本机', fix: '将适配器的加密方式设为 TLS 或 STARTTLS。' },
  MAIL_TEXT_TOO_LARGE: { what: '邮件的正文与邮件头超过 {limit} MB', fix: '请对方把长文本作为附件发送。' },
  MAIL_TOO_LARGE: { what: '邮件有 {sizeBytes} 字节，超过上限 {maxBytes} 字节', fix: '调高触发器的单封上限，或请对方分几封发送。' },
  MAIL_TOO_MANY_PARTS: { what: '邮件的部分过多：至少 {found} 个，上限 {limit} 个', fix: '请对方分几封发送，或把附件打包为一个文件。' },
  MAIL_FLOOD: {
    what: '邮件服务器发来的数据超过上限 {limit} MB，连接已断开',
    fix: '平台会自动重试；若持续出现，请检查该邮件服务器。',
  },
  MAIL_UNREADABLE: { what: '邮件无法读取', fix: '请发件方重新发送。' },

  MLLP_ACK_TIMEOUT: { what: '消息已发出，[在 {ackTimeoutMs} 毫秒内]没有收到 ACK', fix: askArrived },
  'MLLP_ACK_TIMEOUT/stopped': { what: '消息已发出，在收到 ACK 之前步骤被停止', fix: askArrived },
  MLLP_ACK_UNREADABLE: { what: '对方的应答不是 HL7 ACK，无法识别', fix: askArrived },
  MLLP_BUSY: { what: '等待发送到该系统的消息过多', fix: '若对方允许，可增加适配器的连接数。' },
  MLLP_CONNECTION_LOST: { what: '消息发出之后、收到 ACK 之前，连接中断', fix: askArrived },
  MLLP_NOT_LISTENING: { what: '{host}:{port} 没有监听', fix: '发布一个经此适配器监听的流程；监听未能启动的原因见系统页。' },
  MLLP_CONNECT_FAILED: { what: '无法连接 {host}:{port}[：{reason}]', fix: '使用适配器的连接测试，检查地址、防火墙和证书。' },
  MLLP_CREDENTIAL_WRONG: { what: '适配器的证书、私钥或 CA 不是有效的 PEM', fix: '证书和私钥以 PEM 格式存入适配器的凭据，CA 填入 tls.ca。' },
  MLLP_FRAME_TOO_LARGE: { what: '消息超过上限 {limitBytes} 字节', fix: '调高适配器的消息上限，或以引用方式发送大文档。' },
  MLLP_LISTEN_FAILED: { what: '无法在 {host}:{port} 上监听[（{reason}）]', fix: '释放该端口，或在适配器参数中改用其他端口。' },
  MLLP_NOT_FRAMED: { what: '对端发送的字节不在 MLLP 帧内', fix: '请对端以 0x0B 开头、0x1C 0x0D 结尾发送每条消息。' },
  MLLP_NO_CONTROL_ID: { what: '消息没有消息控制号（MSH-10），ACK 无法对应', fix: '在流程中设置 MSH-10，或让节点自动生成。' },
  MLLP_PEER_WRONG: { what: '对端名单中有一项无法识别', fix: '写法示例：10.1.2.3、10.1.0.0/16 或 cn:his-a。' },
  MLLP_REFUSED: { what: '对方拒收该消息（{code}[，错误 {errorCode}]）', fix: '查明对方拒收的原因。' },
  'MLLP_REFUSED/AE': { what: '对方处理该消息时出错（{code}[，错误 {errorCode}]）', fix: '更正消息内容；具体原因见对方系统的日志。' },
  'MLLP_REFUSED/AR': { what: '对方拒收该消息（{code}[，错误 {errorCode}]）', fix: '对方不接收此类消息，或暂不接收；请与对方确认。' },
  MLLP_STOPPED: { what: '步骤在发送之前被停止，没有发送任何内容' },
  MLLP_TLS_REQUIRED: {
    what: '该适配器会以明文传输患者数据，已阻止',
    fix: '在适配器参数中启用 TLS；若对方不支持 TLS 且处于同一受保护网络，可设置 allowPlain。',
  },
  'MLLP_TLS_REQUIRED/loopback': {
    what: '只有本机地址可以使用明文 MLLP，{host} 不是本机地址',
    fix: '去掉适配器的 listenTls: false，或改为监听 127.0.0.1。',
  },
  'MLLP_TLS_REQUIRED/certificate': { what: '没有可用于监听的 TLS 证书', fix: '为平台配置 TLS 证书，或改为监听 127.0.0.1。' },

  FOREACH_TOO_MANY: { what: '列表有 {items} 项，超过循环上限 {limit} 项', fix: '调高节点的上限，或减少一次发送的条目。' },
  WAIT_TOKEN_TAKEN: {
    what: '节点 {node} 的恢复令牌已被占用：执行 {execution} 的步骤 {step} 正使用同一令牌',
    fix: '让令牌在流程内唯一，例如加上来源机构和步骤名；该执行结束后，可重试本执行。',
  },
  WAIT_TOKEN_WRONG: { what: '恢复表达式没有给出 1 至 500 个字符的文本', fix: '改为对方也知道的唯一标识，例如医嘱号。' },
  WAIT_UNTIL_WRONG: { what: '等待的时刻不是 30 天以内的有效时间（毫秒）', fix: '给出自 1970 年起的毫秒数，例如 $toMillis(data.at)。' },
  TIMER_CRON: { what: 'cron 表达式无法识别', fix: '写法示例：30 7 * * MON-FRI（周一至周五 7:30）。' },
  TIMER_ZONE: { what: '没有这个时区', fix: '使用 IANA 时区名，例如 Asia/Shanghai。' },
  SET_NOT_TEXT: { what: '“{field}”只能是文本，不能是对象或列表', fix: '改为单个值。' },
  SET_SHAPE_CLASH: { what: '设置的路径与数据结构不符', fix: '更正路径。' },
  'SET_SHAPE_CLASH/object': { what: '不能设置“{field}”：数据在该处是对象，而路径要求列表', fix: '更正路径。' },
  'SET_SHAPE_CLASH/list': { what: '不能设置“{field}”：数据在该处是列表，而路径要求对象', fix: '更正路径。' },
  'SET_SHAPE_CLASH/position': { what: '列表中没有位置 {position}', fix: '更正位置。' },
};
