/** Texts for errors of the messaging nodes. */
import type { ErrorTemplates } from './template.ts';

export const messagingTexts: ErrorTemplates = {
  MESSAGING_BUSY: { what: '等待该消息中间件确认的消息过多', fix: '稍候；若中间件允许，可调高适配器的发布窗口。' },
  MESSAGING_CONNECTION_LOST: { what: '与消息中间件的连接中断（{reason}）', fix: '会自动重新连接；若经常发生，检查网络与中间件。' },
  MESSAGING_CONNECT_FAILED: { what: '无法连接消息中间件 {host}:{port}（{reason}）', fix: '用适配器的连接测试检查地址、防火墙与证书。' },
  MESSAGING_CREDENTIAL: { what: '适配器的凭据格式不正确', fix: '按“用户名:口令”的格式保存该凭据。' },
  MESSAGING_DESTINATION_UNKNOWN: { what: '消息中间件中没有 {destination}', fix: '更正目的地，或请中间件管理员建立。' },
  'MESSAGING_DESTINATION_UNKNOWN/unroutable': {
    what: '没有队列接收发往 {destination} 的这条消息',
    fix: '更正目的地或键，或请中间件管理员绑定队列。',
  },
  MESSAGING_LOGIN_REFUSED: { what: '消息中间件拒绝登录', fix: '更正适配器或其凭据，或请中间件管理员授权。' },
  'MESSAGING_LOGIN_REFUSED/password': { what: '消息中间件不接受该用户或口令', fix: '更正适配器的凭据。' },
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
};
