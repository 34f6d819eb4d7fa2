/** Texts for what is wrong with the description of a SOAP service, or with a request to one of ours. */
import type { ErrorTemplates } from './template.ts';

const fix = '请向对方索取更正后的或完整的服务描述，在适配器中上传其文件，或手工填写各字段。';

const SIGN = '请向对方核实其签名方式，并核对适配器中的对方签名证书。';
const send = '请按服务的 WSDL（?wsdl）发送请求。';

export const wsdlTexts: ErrorTemplates = {
  SOAP_REQUEST: { what: 'SOAP 请求不正确', fix: send },
  'SOAP_REQUEST/empty': { what: '请求没有 SOAP 信封', fix: send },
  'SOAP_REQUEST/envelope': { what: '请求没有 SOAP 信封', fix: send },
  'SOAP_REQUEST/body': { what: 'SOAP 信封的消息体中没有元素', fix: send },
  'SOAP_REQUEST/operation': { what: '服务没有这个操作', fix: send },
  SOAP_HEADER: { what: '请求含有标为必须理解（mustUnderstand）的头，而服务不理解', fix: '去掉该头，或在触发器的“理解的头”中列出。' },
  'SOAP_HEADER/security': {
    what: '请求头中的元素“{name}”属于 WS-Security，而这部分由该调用自己写入',
    fix: '去掉该元素；如需自行登录，把节点的 WS-Security 设为“不带”。',
  },
  SOAP_SIGNATURE: { what: '应答的签名无法验证', fix: SIGN },
  'SOAP_SIGNATURE/unsigned': { what: '应答没有签名[（故障 {fault}）]', fix: SIGN },
  'SOAP_SIGNATURE/algorithm': { what: '应答签名的算法不被接受（须为 RSA 加 SHA-256 或 SHA-512，exclusive 规范化）', fix: SIGN },
  'SOAP_SIGNATURE/certificate': { what: '应答签名的证书不是适配器中的证书，也不是由其签发的，或已过期', fix: SIGN },
  'SOAP_SIGNATURE/wrong': { what: '应答的签名不正确', fix: SIGN },
  'SOAP_SIGNATURE/body': { what: '应答的签名不包含正文', fix: SIGN },
  'SOAP_SIGNATURE/timestamp': { what: '应答的签名不包含时间戳（带 Created 的 wsu:Timestamp）', fix: '请对方同时签名正文和时间戳。' },
  'SOAP_SIGNATURE/expired': { what: '应答中签名的时间与当前时间相差过大', fix: '请核对双方的时钟。' },
  'SOAP_SIGNATURE/attachments': { what: '应答带有签名未覆盖的附件', fix: '请对方把文件以 Base64 放在签名的正文中。' },
  SOAP_ATTACHMENT: { what: 'SOAP 附件无法处理', fix: '请对方按 MTOM 或 SOAP 附件的规范发送。' },
  'SOAP_ATTACHMENT/size': { what: '一次调用的文件合计超过 {limit} 字节', fix: '一次调用少发或发较小的文件。' },
  'SOAP_ATTACHMENT/form': { what: '带附件的应答无法读取', fix: '请对方按 MTOM 或 SOAP 附件的规范发送。' },
  'SOAP_ATTACHMENT/encoding': { what: '应答附件的传输编码无法读取', fix: '请对方使用 binary 或 base64。' },
  'SOAP_ATTACHMENT/absent': { what: '应答引用了不存在的附件', fix: '请对方核对应答中的附件。' },
  SOAP_REPLY: { what: '流程对 SOAP 请求的回复不是对象', fix: '回复一个对象，每个字段一个元素。' },
  WSDL_INVALID: { what: '服务描述（WSDL）无法读取', fix },
  'WSDL_INVALID/xml': { what: '{file} 第 {line} 行第 {column} 列：不是合法的 XML', fix },
  'WSDL_INVALID/prefix': { what: '{file} 第 {line} 行：前缀“{name}”没有声明', fix },
  'WSDL_INVALID/doctype': { what: '{file} 第 {line} 行：含有文档类型声明（<!DOCTYPE>），出于安全不予接受', fix },
  'WSDL_INVALID/charset': { what: '{file}：内容与其声明的字符集 {charset} 不符', fix },
  'WSDL_INVALID/root': { what: '{file}：根元素是 {name}，不是 WSDL 1.1 服务描述', fix },
  'WSDL_INVALID/wsdl2': { what: '{file}：这是 WSDL 2.0，只能读取 WSDL 1.1', fix },
  'WSDL_INVALID/import': { what: '{file} 第 {line} 行：引用的 {target} 无法读取（{reason}）', fix },
  'WSDL_INVALID/absent': { what: '{file} 第 {line} 行：引用的 {target} 没有上传', fix: '把该文件与 WSDL 一起上传。' },
  'WSDL_INVALID/limit': { what: '{file} 第 {line} 行：没有读取 {target}，因为一份服务描述最多 {limit}', fix },
  'WSDL_INVALID/name': { what: '{file} 第 {line} 行：找不到{kind} {name}', fix },
  'WSDL_INVALID/operation': { what: '{file} 第 {line} 行：绑定中有操作 {name}，但其端口类型中没有', fix },
  'WSDL_INVALID/fields': { what: '该操作的字段超过 {limit} 个，只显示前面的', fix: '其余字段请手工填写。' },
  'WSDL_INVALID/fields-total': { what: '所有操作的字段合计超过 {limit} 个，不再显示该操作的字段', fix: '请手工填写该操作的字段。' },
  'WSDL_INVALID/namespaces': { what: '该操作的命名空间变化超过 {limit} 处，只自动填写了前面的', fix: '其余请手工填写“其他命名空间”。' },
  'WSDL_INVALID/nillable': { what: '该操作可为 nil 的元素超过 {limit} 个，只自动填写了前面的', fix: '其余请手工填写“可为 nil 的元素”。' },
  'WSDL_INVALID/none': { what: '{file}：没有含 SOAP 操作的绑定', fix },
  'WSDL_INVALID/archive': { what: '{file}：ZIP 压缩包无法读取', fix: '重新压缩后再上传。' },
  'WSDL_INVALID/size': { what: '文件合计超过 {limit} 字节', fix: '只上传 WSDL 及其引用的 XSD。' },
  'WSDL_INVALID/empty': { what: '所上传的文件中没有 WSDL', fix: '把 WSDL 与其引用的 XSD 一起上传。' },
};
