/** Texts for errors of messaging and of registry centres. */
import { connectTexts, type ErrorTemplates } from './template.ts';

export const messagingTexts: ErrorTemplates = {
  BROKER_API_FAILED: {
    what: '消息中间件的管理接口 {host}:{port} 没有给出可用的应答（{reason}）',
    fix: '检查中间件及其管理插件是否运行，以及地址、防火墙与证书。',
  },
  BROKER_BROWSE_COUNTS: {
    what: '在该队列中，每次查看都计为一次投递，上限为 {count} 次',
    fix: '确认可以计入；投递次数多的消息可能因此进入死信。',
  },
  BROKER_CANNOT: { what: '该消息中间件没有这项功能', fix: '页面只列出它可做的操作。' },
  BROKER_EXISTS: { what: '{name} 已存在', fix: '换一个名称，或使用已有的。' },
  BROKER_NAME: { what: '{name} 不能用作该中间件中的名称', fix: '使用字母、数字、点、连字符和下划线。' },
  BROKER_NAME_PREFIX: { what: '名称须以 {prefix} 开头', fix: '在前面加上适配器的名称前缀。' },
  BROKER_NOT_ADMINISTERED: { what: '不能通过该适配器管理消息中间件', fix: '请使用中间件自带的工具。' },
  'BROKER_NOT_ADMINISTERED/unsupported': { what: '平台不管理这种消息中间件', fix: '请使用中间件自带的工具。' },
  'BROKER_NOT_ADMINISTERED/management': { what: '适配器没有填写管理接口的地址', fix: '在适配器的参数中填写管理接口。' },
  'BROKER_NOT_ADMINISTERED/login': {
    what: '适配器不登录，无法限定它能看到什么',
    fix: '在适配器中启用登录，并由管理凭据的人配置凭据。',
  },
  BROKER_REFUSED: { what: '消息中间件拒绝了该操作（{reason}）', fix: '更正输入，或请中间件管理员给适配器的用户授权。' },
  BROKER_TIMEOUT: { what: '消息中间件在 {seconds} 秒内没有应答', fix: '请重试；若一直如此，测试适配器的连接。' },
  MESSAGING_BUSY: { what: '等待该消息中间件确认的消息过多', fix: '稍候；若中间件允许，可调高适配器的发布窗口。' },
  MESSAGING_CONNECTION_LOST: { what: '与消息中间件的连接中断（{reason}）', fix: '会自动重新连接；若经常发生，检查网络与中间件。' },
  ...connectTexts('MESSAGING_CONNECT_FAILED', '无法连接消息中间件 {host}:{port}（{reason}）'),
  MESSAGING_CREDENTIAL: { what: '适配器的凭据格式不正确', fix: '按“用户名:密码”的格式保存该凭据。' },
  MESSAGING_DESTINATION_UNKNOWN: { what: '消息中间件中没有 {destination}', fix: '更正目的地，或请中间件管理员建立。' },
  'MESSAGING_DESTINATION_UNKNOWN/unroutable': {
    what: '没有队列接收发往 {destination} 的这条消息',
    fix: '更正目的地或键，或请中间件管理员绑定队列。',
  },
  MESSAGING_GROUP_UNFIT: { what: '消费组 {group} 的设置不适合', fix: '请中间件管理员更改该消费组。' },
  'MESSAGING_GROUP_UNFIT/order': {
    what: '消费组 {group} 不保持该主题的顺序',
    fix: '请中间件管理员执行 mqadmin updateSubGroup -g {group} -o true -r 100000。',
  },
  'MESSAGING_GROUP_UNFIT/attempts': {
    what: '消费组 {group} 投递少数几次后就会搁置消息',
    fix: '请中间件管理员提高其最大重试次数：mqadmin updateSubGroup -g {group} -r 100000。',
  },
  MESSAGING_LOGIN_REFUSED: { what: '消息中间件拒绝登录', fix: '更正适配器或其凭据，或请中间件管理员授权。' },
  'MESSAGING_LOGIN_REFUSED/password': { what: '消息中间件不接受该用户或密码', fix: '更正适配器的凭据。' },
  'MESSAGING_LOGIN_REFUSED/virtual-host': {
    what: '虚拟主机不存在，或该用户无权访问',
    fix: '更正适配器的虚拟主机，或请中间件管理员授权。',
  },
  MESSAGING_MESSAGE_TOO_LARGE: {
    what: '消息有 {sizeBytes} 字节，上限为 {maxBytes} 字节',
    fix: '调高触发器的单条上限，或请发送方分成多条发送。',
  },
  MESSAGING_NOT_CONFIRMED: {
    what: '消息中间件没有确认该消息（{reason}），结果不明',
    fix: '在中间件中检查该消息是否存在；若接收方按编号去重，可在节点中声明，平台便会自动重发。',
  },
  MESSAGING_NOT_STORED: {
    what: '一条消息暂时不能保存（{code}），将从该消息重新开始读取',
    fix: '消除该错误代码所指的原因；消息留在中间件中。',
  },
  MESSAGING_NOT_TAKEN: { what: '消息中间件没有保存该消息（{reason}）', fix: '可以重试；若经常发生，检查中间件的内存、磁盘与限额。' },
  MESSAGING_REFUSED: { what: '消息中间件拒绝使用 {destination}（{code}）', fix: '请中间件管理员授权，或更正目的地。' },
  MESSAGING_STOPPED: { what: '步骤在发出任何内容之前被停止' },
  MESSAGING_TLS_REQUIRED: {
    what: '该适配器会不加密地传输患者数据',
    fix: '在其参数中启用 TLS；若中间件不支持 TLS 且处于同一受保护网络，可允许明文。',
  },
  MESSAGING_TOO_LARGE: { what: '消息超过消息中间件允许的大小', fix: '分成多条发送，或请管理员调高中间件的上限。' },
  MESSAGING_UNREADABLE: { what: '消息是序列化的 Java 对象，平台从不读取', fix: '请发送方改发文本、字节或映射消息。' },
  MESSAGING_VALUE: { what: '{name} 的值不能用作消息的键或消息头', fix: '在此节点之前更正该值。' },
  'MESSAGING_VALUE/type': { what: '{name} 的值既不是文本也不是数，不能用作消息的键或消息头', fix: '在此节点之前更正该值。' },
  'MESSAGING_VALUE/text': { what: '{name} 的值过长、不是合法的 Unicode 文本，或含有控制字符', fix: '在此节点之前更正该值。' },

  // Registry centres
  ...connectTexts('REGISTRY_UNREACHABLE', '注册中心 {host}:{port} 没有响应（{reason}）'),
  REGISTRY_ANSWER: { what: '注册中心 {host} 的应答不可用（{reason}）', fix: '检查种类、地址及其路径，以及 Nacos 的接口版本。' },
  REGISTRY_LOGIN: { what: '注册中心 {host} 拒绝登录（HTTP {status}）', fix: '打开“登录”并更正适配器的凭据；令牌须有读取服务的权限。' },
  REGISTRY_EMPTY: {
    what: '注册中心没有 {service} 的任何实例',
    fix: '继续使用最后一份名单。请核对服务是否登记、是否通过检查，以及命名空间、分组和标签。',
  },
  REGISTRY_TOO_MANY: {
    what: '注册中心中 {service} 的实例有 {count} 个，超过 {most} 个',
    fix: '继续使用最后一份名单。请用标签或分组缩小范围。',
  },
  REGISTRY_CENTRE_UNKNOWN: { what: '{adapterId} 在此环境中不是注册中心', fix: '选择协议为“注册中心”、且有此环境设置的适配器。' },
};
