/** Texts for flow documents, interfaces and tests: problems found when they are saved and published. */
import type { ErrorTemplates } from './template.ts';

const testFix = '更正流程，或更正测试的期望值。';

export const flowTexts: ErrorTemplates = {
  FLOW_INVALID: { what: '流程有[ {count} 处]问题', fix: '逐条更正列出的问题。' },
  FLOW_TOO_COSTLY: { what: '校验流程的开销超过上限', fix: '缩小其中的 Schema、表达式、正则和映射，或拆分流程。' },
  'FLOW_TOO_COSTLY/time': {
    what: '校验流程的计算时间超过 {limit} 毫秒[，停在节点“{node}”]',
    fix: '缩小该处的 Schema、表达式、正则和映射，或拆分流程。',
  },
  'FLOW_TOO_COSTLY/memory': {
    what: '校验流程占用的内存超过 {limit} MB[，停在节点“{node}”]',
    fix: '缩小该处的 Schema、表达式、正则和映射，或拆分流程。',
  },
  'FLOW_TOO_COSTLY/size': { what: '流程文档（JSON）超过 {limit} 个字符', fix: '缩小测试数据、固定值和 Schema，或拆分流程。' },
  FLOW_CHECK_BUSY: { what: '等待校验的流程过多，或您刚才的流程开销过大', fix: '请稍候再校验。' },
  FLOW_SCHEMA: { what: '流程文档的格式不正确', fix: '更正所指的字段。' },
  'FLOW_SCHEMA/not-an-object': { what: '流程文档须为 JSON 对象', fix: '以 {"schema": "flow/1", …} 开头。' },
  FLOW_CONFIG: { what: '节点“{node}”的配置不正确', fix: '更正所指的字段。' },
  FLOW_NODE_TYPE_UNKNOWN: {
    what: '平台上没有节点类型 {type}[（节点“{node}”）]',
    fix: '[是否应为 {nearest}？]请从节点面板中选择已安装的类型。',
  },
  'FLOW_NODE_TYPE_UNKNOWN/extension': {
    what: '节点“{node}”属于扩展 {extension}，平台上没有安装',
    fix: '请系统管理员在“扩展”页安装该扩展。',
  },
  FLOW_NODE_UNREACHABLE: { what: '没有连线通向节点“{node}”，它永远不会执行', fix: '把它接入流程，或将其删除。' },
  FLOW_ID_REPEATED: { what: '编号 {id} 重复', fix: '为其中一个换一个编号。' },
  'FLOW_ID_REPEATED/nodes': { what: '有两个节点的编号都是 {id}', fix: '为其中一个节点换一个编号。' },
  'FLOW_ID_REPEATED/edges': { what: '有两条连线的编号都是 {id}', fix: '为其中一条连线换一个编号。' },
  FLOW_EDGE_DANGLING: { what: '连线的一端是不存在的节点[ {missing}]', fix: '删除这条连线。' },
  'FLOW_EDGE_DANGLING/from': { what: '连线的起点是节点 {missing}，但该节点不存在', fix: '删除这条连线。' },
  'FLOW_EDGE_DANGLING/to': { what: '连线的终点是节点 {missing}，但该节点不存在', fix: '删除这条连线。' },
  FLOW_EDGE_REPEATED: { what: '相同的两个端口之间有两条连线', fix: '删除其中一条。' },
  FLOW_PORT_UNKNOWN: {
    what: '节点“{node}”没有名为“{port}”的{side}端口',
    fix: '[是否应为“{nearest}”？][可用端口：{ports}。]请改接到现有端口，或删除这条连线。',
  },
  FLOW_CYCLE: { what: '连线构成了环路，以下节点会回到自身：{nodes}', fix: '删除其中一条连线；需要重复处理时，请使用“循环”节点。' },
  FLOW_NO_TRIGGER: { what: '流程没有触发器，不会有任何执行', fix: '添加一个触发器。' },
  FLOW_TRIGGER_SECOND: { what: '“{node}”是第二个触发器，一个流程只能有一个', fix: '把它移到另一个流程中。' },
  FLOW_TRIGGER_DISABLED: { what: '触发器“{node}”不能停用', fix: '如需停止流程，请取消发布。' },
  TRIGGER_NEEDS_DURABLE: {
    what: '触发器“{node}”接收的消息不允许丢失，流程须先存储再处理',
    fix: '将流程模式改为“可靠异步”。',
  },
  FLOW_NO_REPLY: { what: '同步流程[ {flowId} ]的调用方在等待回复，但流程没有到达回复节点', fix: '在流程末端添加回复节点。' },
  FLOW_REPLY_IN_LOOP: { what: '回复节点“{node}”位于循环体内，而调用方只能收到一次回复', fix: '把回复接到循环的“done”端口之后。' },
  FLOW_REPLY_SECOND: {
    what: '回复节点“{node}”位于回复节点“{first}”之后：调用方已收到回复，不会再收到第二次',
    fix: '删除其中一个，或把它们放在条件节点的不同分支上。',
  },
  FLOW_LOOP_EMPTY: { what: '循环“{node}”的“each”端口没有连接任何节点', fix: '把对每一项的处理接到“each”端口。' },
  FLOW_LOOP_LEFT: {
    what: '节点“{node}”属于循环“{loop}”的循环体，但循环体外也有连线通向它',
    fix: '循环之后的处理请接在循环的“done”端口；循环体会自行结束。',
  },
  FLOW_MERGE_NOT_EXCLUSIVE: {
    what: '在一次执行中，{paths}都可能把消息送到“{node}”，而它只会处理其中一条',
    fix: '在其前面加一个汇合节点，或让这些路径从同一条件节点的不同端口出发。',
  },
  FLOW_JOIN_TOO_FEW: {
    what: '汇合节点“{node}”等待 {n} 个分支，但只有 {branches} 个分支连到它，永远不会继续',
    fix: '把个数改为不超过 {branches}，或接入更多分支。',
  },
  FLOW_JOIN_NAME: { what: '汇合节点“{node}”为 {source} 设置了字段名，但该节点没有连到它', fix: '删除该字段名，或把该节点连到汇合节点。' },
  FLOW_JOIN_SINGLE: { what: '汇合节点“{node}”只汇合一条路径', fix: '删除该节点，或把其他路径也接到它。' },
  FLOW_ERROR_PORT_OPEN: {
    what: '节点“{node}”的错误会从错误端口送出，但该端口没有连线',
    fix: '连接错误端口，或将出错处理改为“执行失败”。',
  },
  FLOW_ERROR_PORT_UNUSED: {
    what: '节点“{node}”的错误端口已连线，但出错处理为“{handling}”，这些连线永远不会执行',
    fix: '将出错处理改为“走错误端口”。',
  },
  FLOW_RETRY_UNSAFE: {
    what: '节点“{node}”是非幂等写操作，结果未知时不会自动重试，以免重复办理',
    fix: '从重试条件中去掉“结果未知”，或将该调用改为幂等。',
  },
  FLOW_DEADLINE_SHORT: {
    what: '节点“{node}”含重试最长可能需要 {worstMs} 毫秒，超过流程期限 {deadlineMs} 毫秒',
    fix: '缩短超时或减少重试，或延长流程期限。',
  },
  FLOW_ADAPTER_MISSING: { what: '节点“{node}”需要一个 {protocol} 协议的适配器，但没有选择', fix: '在节点配置中选择适配器。' },
  FLOW_ADAPTER_UNKNOWN: {
    what: '节点“{node}”所选的适配器 {adapter} 在本平台的环境 {environment} 中不存在，或没有该环境的参数',
    fix: '在本平台新建该适配器并填写环境 {environment} 的参数；适配器已存在时，补充该环境的参数；或改选其他适配器。',
  },
  FLOW_ADAPTER_PROTOCOL: {
    what: '适配器 {adapter} 使用 {actual} 协议，而节点“{node}”需要 {protocol} 协议',
    fix: '改选一个 {protocol} 协议的适配器。',
  },
  FLOW_ADAPTER_UNUSED: { what: '节点“{node}”不通过适配器通信，所选的适配器[ {adapter} ]不起作用', fix: '移除该适配器。' },
  FLOW_TABLE_UNKNOWN: { what: '没有名为“{table}”的代码表[（节点“{node}”）]', fix: '新建该代码表，或更正名称。' },
  FLOW_CALLED_UNKNOWN: { what: '节点“{node}”调用的流程 {flowId} 不存在', fix: '改选其他流程，或新建并发布该流程。' },
  FLOW_CALLED_UNPUBLISHED: { what: '节点“{node}”调用的流程 {flowId} 尚未发布', fix: '请先发布该流程，或改选其他流程。' },
  FLOW_CALLED_DURABLE: { what: '节点“{node}”调用的流程 {flowId} 是可靠异步流程，不会给出回复', fix: '改选同步流程。' },
  FLOW_CALLED_EFFECT: {
    what: '节点“{node}”声明的对外影响为“{declared}”，而被调用的流程 {flowId} 为“{effect}”',
    fix: '按被调用的流程修改本节点的“对外影响”。',
  },
  FLOW_CALLED_CIRCLE: { what: '流程会循环调用自身：{circle}', fix: '去掉其中一处调用。' },
  FLOW_LANE_SYNC: {
    what: '同步流程的请求会同时处理，通道键不能使它们按顺序执行',
    fix: '删除通道键，或将流程模式改为“可靠异步”。',
  },
  FLOW_KEY_UNKNOWN: {
    what: '本流程的触发器没有名为“{name}”的业务键，keys.{name} 永远为空[（可用：{known}）]',
    fix: '改为从 data 中取值，或在触发器中添加该业务键。',
  },
  FLOW_KEY_NAME: {
    what: '业务键的名称[“{name}”]不符合要求',
    fix: '改用符合要求的名称：以小写字母开头，只含字母和数字，最多 41 个字符。',
  },
  FLOW_RETENTION_TOO_SHORT: {
    what: '执行只保留 {retainDays} 天，短于去重窗口 {windowSec} 秒：超过保留期的重复消息会被再次执行',
    fix: '将保留期延长到至少 {needDays} 天，或缩短去重窗口。',
  },
  FLOW_TEST: { what: '测试[“{test}”]的定义不正确', fix: '更正该测试。' },
  'FLOW_TEST/node-unknown': { what: '测试“{test}”引用了节点 {missing}，但本流程中没有该节点', fix: '删除该项，或更正编号。' },
  'FLOW_TEST/port-unknown': { what: '测试“{test}”中，节点“{node}”没有端口“{port}”', fix: '可用端口：{ports}。' },
  'FLOW_TEST/not-mocked': { what: '测试“{test}”会执行节点“{node}”，而它会访问真实系统', fix: '在测试中为该节点设置模拟应答。' },
  FLOW_TEST_FAILED: { what: '测试“{test}”未通过', fix: testFix },
  'FLOW_TEST_FAILED/incomplete': { what: '测试“{test}”没有执行完', fix: '查看各步骤的状态，为会访问真实系统的节点设置模拟应答。' },
  'FLOW_TEST_FAILED/equals': {
    what: '测试“{test}”：[节点 {node} 的] {at} 应为 {wanted}[，实际为 {actual}]',
    fix: testFix,
  },
  'FLOW_TEST_FAILED/pattern-size': { what: '测试“{test}”：正则表达式 {pattern} 展开后过大', fix: '减小其中的重复次数。' },
  'FLOW_TEST_FAILED/absent': { what: '测试“{test}”：[节点 {node} 的] {at} 应有值，实际没有', fix: testFix },
  'FLOW_TEST_FAILED/present': { what: '测试“{test}”：[节点 {node} 的] {at} 不应有值，实际为 {actual}', fix: testFix },
  'FLOW_TEST_FAILED/matches': {
    what: '测试“{test}”：[节点 {node} 的] {at} 应匹配 {pattern}[，实际为 {actual}]',
    fix: testFix,
  },
  FLOW_TESTS_FAILED: { what: '流程 {flowId} 的测试未通过，没有发布', fix: '更正流程或测试后重新发布。' },
  FLOW_DRAFT_CHANGED: {
    what: '流程 {flowId} 的草稿又由 {savedBy} 保存过（现在是第 {stored} 次保存，您看的是第 {revision} 次），没有发布',
    fix: '查看现在的草稿；仍需发布时再次发布。',
  },
  FLOW_STALE: {
    what: '流程[ {flowId} ]的草稿已保存为修订 {stored}，您的修改基于修订 {revision}，没有保存',
    fix: '查看较新的草稿，在其基础上重新保存您的修改。',
  },
  'FLOW_STALE/removed': {
    what: '流程 {flowId} 已被删除，您的修改没有保存',
    fix: '仍需要时，以 revision 0 重新保存。',
  },
  FLOW_PUBLISHED: { what: '流程 {flowId} 已发布，不能删除', fix: '请先取消发布。' },
  PUBLISH_NOTE_MISSING: { what: '在生产环境发布须写说明', fix: '在说明里写清改了什么、为什么改，再次发布。' },
  FLOW_PUBLISH_RACE: { what: '流程 {flowId} 刚刚由他人发布', fix: '查看当前发布的版本，仍需发布时再次发布。' },
  FLOW_UNKNOWN: { what: '流程 {flowId} [的版本 {version} ]不存在', fix: '请从流程列表中选择。' },
  FLOW_VERSION_UNKNOWN: { what: '流程 {flowId} 的版本 {version} 没有存储', fix: '请系统管理员从备份恢复。' },
  FLOW_OUTSIDE_DOMAINS: {
    what: '流程引用了您服务域以外的内容（{count} 处）',
    fix: '改用您服务域内的或已共享给您的内容，或请有相应服务域的人办理。',
  },
  'FLOW_OUTSIDE_DOMAINS/interface': {
    what: '有您服务域以外的接口指向此流程',
    fix: '请拥有该流程及其全部接口服务域的人发布。',
  },
  'FLOW_OUTSIDE_DOMAINS/request': {
    what: '流程引用了您服务域以外的内容（{count} 处）',
    fix: '改用您服务域内的或已共享给您的内容；或在流程页面上申请发布（程序用 POST /requests，action 为 flows.publish），由有相应服务域的人决定。',
  },
  'FLOW_OUTSIDE_DOMAINS/interface-request': {
    what: '有您服务域以外的接口指向此流程',
    fix: '在流程页面上申请发布（程序用 POST /requests，action 为 flows.publish），由拥有该流程及其全部接口服务域的人决定。',
  },
  FLOW_REFERENCE_OUTSIDE: {
    what: '您的服务域内没有“{id}”[（节点“{node}”）]',
    fix: '改选您服务域内的或已共享给您的内容。',
  },
  'LISTENER_CLASH/others': { what: '该监听地址已被其他服务域的流程使用', fix: '改用其他适配器或端口。' },
  'LISTENER_CLASH/alone': { what: '“{name}”已由流程 {other} 接收', fix: '改用其他名称，或先取消发布流程 {other}。' },
  LISTENER_CLASH: { what: '流程 {other} 已在监听适配器 {adapter} 的地址', fix: '改用其他适配器，或先取消发布流程 {other}。' },
  NODES_INVALID: { what: '部分节点类型无法装载[：{files}]', fix: '更正或移除列出的文件。', original: true },
  CHECK_SCHEMA_INVALID: {
    what: 'JSON Schema 无法使用',
    fix: '按 2020-12 规范更正；正则表达式限 RE2 语法（不支持环视和反向引用）。',
    original: true,
  },

  INTERFACE_INVALID: { what: '接口有[ {count} 处]问题', fix: '逐条更正列出的问题。' },
  'INTERFACE_ROUTE_CLASH/others': { what: '此方法与路径已被其他服务域的接口使用', fix: '换一个路径。' },
  INTERFACE_ROUTE_CLASH: {
    what: '{front}上的 {method} {path} 已被其他接口[ {interfaceId} ]使用',
    fix: '改用其他路径，或先移除该接口。',
  },
  TRANSPORT_OPERATION_UNKNOWN: { what: '适配器 {adapterId} 没有这个传输操作', fix: '从适配器页“传输组件 API”列出的操作中选择。' },
  TRANSPORT_OPERATION_NAME: {
    what: '此 SOAP 操作的名称不能作为路径的一部分',
    fix: '名称须由字母、数字、点、横线组成；其他操作请建流程并发布为接口。',
  },
  TRANSPORT_HEADERS: { what: '调用方可发送的 SOAP 头须为名称的列表', fix: '填写最多 20 个元素名称，不含 @。' },
  TRANSPORT_FOLDER: { what: '文件操作的目录是固定的，不能含占位符', fix: '填写一个目录；其他目录请另建适配器开放。' },
  TRANSPORT_SETTINGS: { what: '此传输操作没有这些设置：{fields}', fix: '去掉它们。' },
  INTERFACE_NAMES_UNKNOWN: {
    what: '没有编号为 {id} 的对象可供该服务域的接口引用',
    fix: '改选同一服务域中已有的一项（名单、规则组、服务在“安全”页，接口在“接口”页）。',
  },
  RELATION_PROVIDER_UNFIT: {
    what: '不能向 {id} 查询关系：它的路径含参数，或方法是 DELETE',
    fix: '改选路径不含参数、方法为 GET 或 POST 的接口。',
  },
  'INTERFACE_RESERVED/interfaceId': { what: '编号 {value} 保留给平台自身的接口', fix: '换一个不以 ifc_builtin_ 开头的编号。' },
  INTERFACE_RESERVED: { what: '路径 {value} 保留给平台自身的接口（登录、会话、平台公钥）', fix: '换一个路径。' },
  INTERFACE_FLOW_UNKNOWN: { what: '目标流程 {flowId} 不存在', fix: '先保存该流程，或改选其他流程。' },
  PATH_PARAMETER_TWICE: { what: '路径[“{path}”]中有重名的参数', fix: '为其中一个参数换一个名称。' },
  POLICY_OPTIONS: { what: '策略的参数不正确', fix: '更正所指的参数。' },
  'POLICY_OPTIONS/ip-range': {
    what: '“{value}”不是 IP 地址或网段',
    fix: '填写地址（如 10.20.3.7）或网段（如 10.20.0.0/16、2001:db8::/32）。',
  },
  'POLICY_OPTIONS/field-path': {
    what: '“{value}”不是字段路径',
    fix: '按命中记录中的写法填写，以 / 开头，例如 /items/*/note。',
  },
  'POLICY_OPTIONS/date-time': {
    what: '“{value}”不是日期时间',
    fix: '填写带时区的日期时间，例如 2027-06-30T23:59:59+08:00。',
  },
  'POLICY_OPTIONS/media-type': {
    what: '“{value}”不是内容类型',
    fix: '填写 类型/子类型，如 application/json，不带参数和星号。',
  },
  'POLICY_OPTIONS/cache-method': {
    what: '{value} 会改变数据，其应答不能缓存',
    fix: '关闭应答缓存；缓存只用于 GET，以及只做查询的 POST。',
  },
  'POLICY_OPTIONS/cache-post': {
    what: 'POST 的应答须按请求体区分后才能缓存',
    fix: '该 POST 只做查询时，在“区分应答的参数”中添加 body:/字段（如 body:/patientId），或 body:（整个请求体）。',
  },
  'POLICY_OPTIONS/file-schema': { what: '接口设了请求格式，只接受 JSON，收不到所选类型的文件', fix: '移除请求格式，或勾选 JSON。' },
  'POLICY_OPTIONS/cache-user': { what: '该网关没有用户身份，不能按用户缓存', fix: '“共用范围”改为同一应用或所有调用方。' },
  'POLICY_OPTIONS/cache-sensitive': {
    what: '敏感数据只能按用户缓存，不能由多个用户共用',
    fix: '“共用范围”改为同一用户（仅用户网关），或关闭应答缓存。',
  },
  'POLICY_OPTIONS/cache-header': {
    what: '请求头 {value} 不会发给目标，应答与它无关',
    fix: '移除该参数；不同调用方已由“共用范围”区分。',
  },
  'POLICY_OPTIONS/cache-path': { what: '路径中没有参数 {value}', fix: '填写路径中的参数名，或移除该参数。' },
  'POLICY_OPTIONS/cache-body': { what: '该请求方法没有请求体', fix: '移除该参数。' },
  'POLICY_OPTIONS/object-locator': {
    what: '“{value}”不是对象位置',
    fix: "写作 path:id、query:名称、header:名称、form:名称、json:$.a[*].b、json:/a/b 或 xml:/a/b/@c；名称含特殊字符时用 json:$['名称']。",
  },
  'POLICY_OPTIONS/object-path': { what: '接口路径中没有参数 :{value}', fix: '填写路径中已有的参数名。' },
  'POLICY_OPTIONS/object-header': { what: '后端收不到调用方的请求头 {value}', fix: '改用其他请求头。' },
  'POLICY_OPTIONS/object-inject': {
    what: '位置“{value}”不能自动填入，或该关系没有可填的取值',
    fix: '只有查询参数、请求头、表单和 JSON 字段可以填入，关系须为等于、列表或摘要；否则选择拒绝或放行。',
  },
  'POLICY_OPTIONS/object-relation': { what: '关系规则缺少提供关系的接口或关系名称', fix: '补充这两项。' },
  'POLICY_OPTIONS/object-answer': { what: '应答规则只能读取 JSON，“{value}”不是 JSON 位置', fix: '写作 json:$.items[*].pid 这样的位置。' },
  'POLICY_OPTIONS/object-drop': { what: '位置“{value}”不含列表，无法剔除其中一项', fix: '位置中用 [*] 指明列表，或改为拒绝整个应答。' },
  'POLICY_OPTIONS/object-none': { what: '既没有规则，也没有规则组', fix: '添加规则或规则组，或关闭该策略。' },
  'POLICY_OPTIONS/address': { what: '地址不正确', fix: '填写 http(s)://主机:端口。' },
  'POLICY_OPTIONS/unknown-group': { what: '“{value}”不是第二个及以后的实例分组', fix: '在目标中的第一个分组之后添加该分组，或更正名称。' },
  'POLICY_OPTIONS/limit-user': { what: '该网关没有用户身份，按用户计数不会生效', fix: '改为按应用、应用 × 接口或来源地址。' },
  'POLICY_OPTIONS/object-user': {
    what: '该网关没有用户身份，取用户令牌的规则会拒绝所有请求',
    fix: '改用应用的字段（如 app.orgId），或把接口发布到用户网关。',
  },
  'POLICY_OPTIONS/media-files': {
    what: '接口接受文件，但所列内容类型都不能携带这些文件',
    fix: '添加其中一种：{value}；或移除内容类型或文件检查。',
  },
  'POLICY_OPTIONS/login-level': { what: '最低级别高于已命名的 {value} 级，没有用户能达到', fix: '调低级别，或补充更高级别的名称。' },
  'POLICY_OPTIONS/initial-limit': { what: '起始并发高于并发上限 {value}', fix: '调低起始并发，或调高并发上限。' },
  'POLICY_OPTIONS/fallback-json': { what: '内容不是 JSON，而内容类型是 {value}', fix: '更正内容，或改用其他内容类型。' },
  'POLICY_OPTIONS/fallback-bodiless': { what: '状态码 {value} 的应答不能有内容', fix: '改用其他状态码（如 200），或清空内容。' },
  'POLICY_OPTIONS/grey-none': {
    what: '没有说明哪些调用者使用新分组，不会有请求进入',
    fix: '设置比例、分步放量、标签、所属区或名单。',
  },
  'POLICY_OPTIONS/grey-user': {
    what: '该网关没有用户身份，读不到令牌中的声明',
    fix: '移除该来源及其取值；可用比例、分步放量或应用名单。',
  },
  'POLICY_OPTIONS/grey-claim': { what: '填了取值，但没有填取自令牌中的哪个声明', fix: '填写来源，或移除取值。' },
  'POLICY_OPTIONS/same-exception': { what: '字段 {value} 已有例外', fix: '修改或删除原有的例外（“安全”页的“内容例外”）。' },
  'POLICY_OPTIONS/past-exception': { what: '例外已于 {value} 到期，不再生效', fix: '移除该例外，或改为以后的时间。' },
  'POLICY_OPTIONS/time-zone': { what: '“{value}”不是时区', fix: '填写时区名称，如 Asia/Shanghai。' },
  IP_RANGE_INVALID: {
    what: '“{value}”不是 IP 地址或网段',
    fix: '填写地址（如 10.20.3.7）或网段（如 10.20.0.0/16、2001:db8::/32）。',
  },
  POLICY_REQUIRED: { what: '策略 {policy} 在{front}上不可关闭', fix: '删除这一行设置。' },
  POLICY_UNKNOWN: { what: '没有名为 {policy} 的策略', fix: '可用策略：{known}。' },
  POLICY_WRONG_FRONT: { what: '策略 {policy} 不适用于{front}', fix: '移除该策略[；它适用于：{fronts}]。' },
  RETRIES_DO_NOT_FIT: {
    what: '全部尝试合计最长 {worstMs} 毫秒，超过接口期限 {deadlineMs} 毫秒，后面的重试不会发生',
    fix: '延长期限，或缩短单次超时。',
  },
  SCHEMA_WITHOUT_BODY: {
    what: '{method} 请求没有请求体，请求格式会拒绝所有请求',
    fix: '移除请求格式，或改用其他方法；查询参数另有查询格式。',
  },
  SCHEMA_TOO_COSTLY: { what: '“{field}”的校验开销过大', fix: '减少分支、引用和重复次数，或只保留需要校验的部分。', original: true },
  SCHEMA_CHECK_BUSY: { what: '等待校验的 Schema 过多，或您刚才的 Schema 开销过大', fix: '请稍候再校验。' },
  SCHEMA_INVALID: { what: '“{field}”不是可用的 JSON Schema', fix: '按 2020-12 规范更正。', original: true },
  UPSTREAM_GROUP_WITHOUT_WEIGHT: {
    what: '实例分组 {name} 中所有实例的权重都是 0，收不到请求',
    fix: '至少给其中一个实例填 1 或以上的权重。',
  },
  UPSTREAM_GROUP_SOURCE: { what: '实例分组 {name} 须填写实例，或从注册中心取得，二者选一', fix: '只填写其中一项。' },
  UPSTREAM_GROUP_TWICE: { what: '有两个实例分组都叫 {name}', fix: '给其中一个改名。' },
  UPSTREAM_INSTANCES: {
    what: '后端实例与实例分组须填且只填其中一项',
    fix: '只有一组实例时填“后端实例”；需要权重或灰度发布时填“实例分组”。',
  },
  UPSTREAM_INVALID: {
    what: '[第 {number} 个]后端地址不正确：须为 http(s)://主机:端口，可带路径，不能有其他内容',
    fix: '更正后端地址。',
  },
};
