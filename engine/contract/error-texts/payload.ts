/** Texts for errors of payloads: HL7 v2, XML, JSON, charsets, and checks of data. */
import type { ErrorTemplates } from './template.ts';

const form = '按 hl7.parse 输出的形式构造，例如 { order: ["MSH", …], MSH: [{ f9: [{ c1: "ADT", c2: "A01" }] }] }。';
const serialise = '按 xml.serialise 帮助中的形式构造数据。';

export const payloadTexts: ErrorTemplates = {
  HL7_TOO_MANY_PARTS: { what: '消息的组成部分过多，超过 {limit}', fix: '请发送方分成几条消息，或以引用方式传送文档。' },
  'HL7_TOO_MANY_PARTS/segments': { what: '消息的段过多，超过 {limit} 个', fix: '请发送方分成几条消息。' },
  'HL7_TOO_MANY_PARTS/header': { what: 'MSH 段过长，超过 {limit} 个字符', fix: '请发送方检查 MSH 段。' },
  'HL7_TOO_MANY_PARTS/fields': { what: '一个段的字段过多，超过 {limit} 个', fix: '请发送方检查分隔符，或分成几个段。' },
  'HL7_TOO_MANY_PARTS/components': { what: '一个字段的组件或子组件过多，超过 {limit} 个', fix: '请发送方检查分隔符，或分成几个字段。' },
  'HL7_TOO_MANY_PARTS/escapes': { what: '一个组件的转义符和控制字符过多，超过 {limit} 个', fix: '请发送方以引用方式传送文档。' },
  HL7_MALFORMED: { what: '不是有效的 HL7 v2 消息', fix: '消息须以 MSH 段及其分隔符开头，例如 MSH|^~\\&|。' },
  'HL7_MALFORMED/block': { what: '不是有效的 HL7 v2 消息：正文中含有块控制字符（VT 或 FS）', fix: '请发送方检查分帧。' },
  'HL7_MALFORMED/start': { what: '不是有效的 HL7 v2 消息：开头不是 MSH 段', fix: '消息须以 MSH 段及其分隔符开头，例如 MSH|^~\\&|。' },
  'HL7_MALFORMED/delimiters': {
    what: '不是有效的 HL7 v2 消息：MSH-1 与 MSH-2 没有给出互不相同的分隔符',
    fix: '请发送方更正 MSH 段，通常为 MSH|^~\\&|。',
  },
  'HL7_MALFORMED/input': {
    what: '输入既不是文本也不是字节，无法按 HL7 解析',
    fix: '把该节点放在消息仍为 HL7 文本的位置；已解析的消息不需要再解析。',
  },
  HL7_BATCH_WRONG: { what: '不是正确的 HL7 批文件', fix: '请发送方重新发送完整的文件（FHS、BHS、消息、BTS、FTS）。' },
  'HL7_BATCH_WRONG/count': { what: '批文件的计数不符：{place} 与实际的 {found} 不同', fix: '文件可能不完整，请发送方重新发送。' },
  'HL7_BATCH_WRONG/more': { what: '批文件中的消息超过 {limit} 条', fix: '请分成几个文件，或提高节点的上限。' },
  'HL7_BATCH_WRONG/start': { what: '批文件中有不属于任何消息的行（{segment}）', fix: '请发送方更正文件。' },
  'HL7_BATCH_WRONG/empty': { what: '文件中没有 FHS、BHS 或 MSH', fix: '请发送方发送 HL7 批文件。' },
  'HL7_BATCH_WRONG/list': { what: '数据中没有消息的列表', fix: '给出 HL7 文本或 hl7.parse 数据的列表，或含 messages 列表的对象。' },
  HL7_REPLY_WRONG: { what: '流程的回复无法发送', fix: '用含 MSH-9 的 HL7 消息回复，例如 RSP^K11；MSA-2 留空或取请求的 MSH-10。' },
  'HL7_REPLY_WRONG/type': { what: '流程的回复没有消息类型（MSH-9）', fix: '在回复中设置 MSH-9，例如 RSP^K11。' },
  'HL7_REPLY_WRONG/other': { what: '流程的回复的 MSA-2 不是请求的 MSH-10', fix: 'MSA-2 留空，或取请求的 MSH-10。' },
  HL7_CHECK_FAILED: { what: '消息不符合 HL7 标准：共 {count} 处，第一处在 {place}', fix: '请发送方更正所列各处；也可把节点设为只提示。' },
  HL7_ACK_MALFORMED: { what: '对方的应答没有 MSA-1（AA、AE 或 AR），不是有效的 ACK', fix: '请对方更正 ACK。' },
  HL7_CHARSET_UNSUPPORTED: {
    what: 'MSH-18 声明的字符集不受支持',
    fix: '可用：UNICODE UTF-8、GB 18030-2000、GBK、BIG-5、8859/1 至 8859/15。',
  },
  HL7_FORM_WRONG: { what: '数据不是 HL7 v2 结构[（{place}）]', fix: form },
  'HL7_FORM_WRONG/object': { what: '数据不是 HL7 v2 结构：须为对象', fix: form },
  'HL7_FORM_WRONG/segment': { what: '数据不是 HL7 v2 结构：段 {place} 须为由字段组成的对象', fix: form },
  'HL7_FORM_WRONG/list': { what: '数据不是 HL7 v2 结构：{place} 处应为文本或对象，实际为列表', fix: form },
  'HL7_FORM_WRONG/subcomponent': { what: '数据不是 HL7 v2 结构：{place} 处的子组件须为文本', fix: form },
  'HL7_FORM_WRONG/contradiction': {
    what: '数据不是 HL7 v2 结构：{place} 处组件的文本与其子组件相互矛盾',
    fix: '只改文本（如 c4）或只改子组件（如 c4s1）；复制时请复制整段（含 raw）。',
  },
  'HL7_FORM_WRONG/parts': { what: '数据不是 HL7 v2 结构[：{place} 处的各部分名称不正确]', fix: form },
  'HL7_FORM_WRONG/msh': { what: '数据不是 HL7 v2 结构：缺少 MSH 段', fix: form },
  HL7_PATH_ABSENT: { what: '消息中没有要设置的 {segment} 段', fix: '更正路径，或先在消息中加入该段。' },
  'HL7_PATH_ABSENT/delimiter': { what: '消息的 MSH-2 没有声明该层级的分隔符', fix: '更正路径的层级，或请发送方在 MSH-2 中声明分隔符。' },
  HL7_PATH_WRONG: { what: 'HL7 路径写法不正确', fix: '写法示例：PID-5.1、PID-3.4.2；编号从 1 开始。' },
  HL7_TYPE_UNEXPECTED: { what: '本流程不接收该类型的消息', fix: '请发送[以下类型之一：{types}，]或扩充节点的类型列表。' },

  XML_INPUT: { what: '输入既不是文本也不是字节，无法按 XML 解析', fix: '消息可能已经解析过：去掉该节点即可。' },
  XML_INVALID: { what: '内容不是合法的 XML[（第 {line} 行，第 {column} 列）]', fix: '请发送方发送一个完整、合法的 XML 文档。' },
  'XML_INVALID/root': { what: '内容不是合法的 XML：须有且只有一个根元素', fix: '请发送方发送一个完整的 XML 文档。' },
  'XML_INVALID/open': { what: '内容不是合法的 XML：注释或 CDATA 没有结束', fix: '请发送方发送一个完整的 XML 文档。' },
  XML_DOCTYPE: { what: 'XML 含有文档类型声明（DOCTYPE），出于安全不予接受', fix: '请发送方去掉 <!DOCTYPE>。' },
  XML_ENTITY: { what: 'XML 含有未定义的实体', fix: '“&”请写作 &amp;，其他字符请写作 &#…;。' },
  XML_FORM: { what: '字段[“{path}”]无法写成 XML', fix: serialise },
  'XML_FORM/root': { what: '数据须为有且只有一个根元素的对象', fix: serialise },
  'XML_FORM/root-repeats': { what: '根元素“{path}”不能重复', fix: serialise },
  'XML_FORM/depth': { what: '字段“{path}”嵌套过深', fix: '减少嵌套层次。' },
  'XML_FORM/name': { what: '字段“{path}”的名称不能作为 XML 元素名', fix: '更正字段名。' },
  'XML_FORM/type': { what: '字段“{path}”须为文本、数字或布尔值', fix: serialise },
  'XML_FORM/character': { what: '字段“{path}”含有 XML 不允许的字符', fix: '在写出之前去掉控制字符。' },
  XML_NAME_REFUSED: { what: 'XML 使用了保留的元素名', fix: '请更改该元素名。' },
  XML_TOO_DEEP: { what: 'XML 嵌套超过上限[ {maxDepth} 层]', fix: '请发送方减少嵌套层次。' },

  JSON_INPUT: {
    what: '输入不适合 JSON：既不是文本也不是字节，或含有 JSON 无法表示的内容',
    fix: '字节请先解析；已解析的消息去掉该节点即可。',
  },
  JSON_INVALID: { what: '内容不是合法的 JSON[（第 {line} 行，第 {column} 列）]', fix: '请发送方发送一个完整的 JSON 文本。' },
  JSON_BIG_NUMBER: { what: 'JSON 中有数字会丢失精度', fix: '请发送方以文本形式发送该数字，或将节点设为把大数保留为文本。' },
  JSON_DUPLICATE_KEY: { what: 'JSON 对象中有重复的键', fix: '请发送方保证每个键只出现一次。' },
  JSON_KEY_REFUSED: { what: 'JSON 含有不允许的键名“__proto__”', fix: '请更改该键名。' },
  JSON_TOO_DEEP: { what: 'JSON 嵌套超过上限[ {maxDepth} 层]', fix: '请发送方减少嵌套层次。' },
  PARSE_TOO_COSTLY: { what: '解析报文的计算或内存开销超过上限', fix: '减少其中的元素，或分几个报文发送。' },
  'PARSE_TOO_COSTLY/values': { what: '报文中的值过多：{found} 个，上限 {limit} 个', fix: '分几个报文发送，或把长列表作为一段文本发送。' },
  'PARSE_TOO_COSTLY/names': {
    what: '报文中不同的字段名过多：超过 {limit} 个',
    fix: '改用列表，把编号写成字段的值，或分几个报文发送。',
  },
  'PARSE_TOO_COSTLY/orders': {
    what: '报文中字段的组合和顺序过多：超过 {limit} 种',
    fix: '让同类对象的字段及其顺序一致，或分几个报文发送。',
  },
  'PARSE_TOO_COSTLY/wide': {
    what: '报文中字段超过一千个的对象过大：超出一千的字段合计超过 {limit} 个',
    fix: '改用列表，把编号写成字段的值，或分几个报文发送。',
  },
  PARSE_BUSY: { what: '等待解析的大报文过多', fix: '少同时发送大报文。' },

  CHARSET_UNKNOWN: { what: '字符集名称无法识别', fix: '可用：UTF-8、GB18030、GBK、BIG5 等，或 ISO-8859-1 至 ISO-8859-16。' },
  CHARSET_INVALID_BYTES: { what: '内容中有 {charset} 不允许的字节', fix: '更正发送方声明的字符集，或适配器上设置的字符集。' },
  CHARSET_UNENCODABLE: {
    what: '文本中有 {charset} 无法表示的字符',
    fix: '若对方能识别，将适配器的字符集改为 GB18030 或 UTF-8；否则在流程中替换该字符。',
  },
  CHECK_SCHEMA: { what: '数据不符合模式[，共 {count} 处]', fix: '更正所指的字段后重新发送。' },
};
