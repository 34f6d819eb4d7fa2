/**
 * The operations of the transport API: which node runs each one, what callers send, and what they get. One entry is one
 * operation; `offer-document.ts` makes the flow and the interface of it.
 */
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { Text } from '../../engine/contract/values/texts.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface TransportOperation {
  /** The part of the path after `/bus/v1/transport/`. */
  readonly protocol: 'soap' | 'mail' | 'hl7' | 'file';
  /** The next part of the path. For SOAP it is the name of the operation that is offered. */
  readonly operation: string;
  /** The protocol of the adapters that can be offered. */
  readonly adapterProtocol: string;
  readonly text: { readonly label: Text; readonly help: Text };
  readonly nodeType: FlowNode['type'];
  /** The fields of the node that are filled in when the operation is offered. */
  readonly settings: readonly string[];
  /** True if the caller names a file in a folder that is chosen when the operation is offered. */
  readonly takesFolder?: true;
  /** True if callers may send the SOAP header elements that are named when the operation is offered. */
  readonly takesHeaders?: true;
  /** The fields of the node that take what the caller sends. They win over the settings. */
  readonly takes: JsonSchema;
  /** True if the operation changes nothing, so that callers need no idempotency key. */
  readonly reads: boolean;
  /** The body that callers send as JSON; absent if the body is the bytes of a file. */
  readonly body?: JsonSchema;
  readonly query?: JsonSchema;
  readonly answer: JsonSchema;
  /** Set if the answer is bytes. */
  readonly answerType?: 'application/octet-stream';
  /** The port through which refusals of the peer leave, and the expression for what callers get. */
  readonly refusal?: { readonly port: string; readonly body: string };
}

const strict = (properties: JsonSchema, required: readonly string[] = Object.keys(properties)): JsonSchema => ({
  ...{ type: 'object', properties, required, additionalProperties: false },
});
const text = (maxLength: number, more: JsonSchema = {}): JsonSchema => ({ type: 'string', maxLength, ...more });

const fileName = text(200, { pattern: '^[^/\\\\]+$', description: 'The name of the file, without folders' });
const addresses = { type: 'array', items: text(400, { minLength: 3 }), maxItems: 100 };
const attachment = {
  ...strict({ name: text(200, { minLength: 1 }), mediaType: text(100), content: text(14_000_000), text: text(10_000_000) }, ['name']),
  description: '`content` is Base64; `text` takes its place for text',
};
const atName = '{data.body.name}';

/** Element names only: a field with @ would change the namespace of the operation. */
const elements = { type: 'object', propertyNames: { pattern: '^[^@#]' }, maxProperties: 200 };

const soapCall: TransportOperation = {
  ...{ protocol: 'soap', operation: 'call', adapterProtocol: 'soap', nodeType: 'soap.call@1', reads: false, takesHeaders: true },
  text: {
    label: { 'zh-CN': 'SOAP 调用', en: 'SOAP call' },
    help: {
      'zh-CN': '开放一个 SOAP 操作。调用方发送 parameters（和允许的 header 元素），得到响应中的数据；故障返回 422 与代码 SOAP_FAULT。',
      en: 'Offers one operation of a SOAP service. Callers send parameters (and the header elements that are allowed) and get the data of the response; a fault is 422 with the code SOAP_FAULT.',
    },
  },
  settings: [
    ...['version', 'path', 'namespace', 'operation', 'action', 'prefix', 'qualified', 'security', 'arrays'],
    ...['serverFault', 'oneWay', 'reads', 'idempotent'],
  ],
  takes: { body: { path: 'data.body.parameters' }, header: { path: 'data.body.header' }, faults: 'port' },
  body: strict({ parameters: elements }),
  answer: {},
  refusal: {
    port: 'fault',
    body: '{ "code": "SOAP_FAULT", "message": "The other side returned a fault.", "peer": data }',
  },
};

const mailSend: TransportOperation = {
  ...{ protocol: 'mail', operation: 'send', adapterProtocol: 'mail', nodeType: 'mail.send@1', reads: false },
  text: {
    label: { 'zh-CN': '发送邮件', en: 'Send mail' },
    help: {
      'zh-CN': '调用方发送收件人、主题、正文和附件，得到 Message-ID；服务器拒收返回 422，cause 为 MAIL_REFUSED。',
      en: 'Callers send recipients, subject, text and attachments, and get the Message-ID; a refusal of the server is 422 with the cause MAIL_REFUSED.',
    },
  },
  settings: ['maxBytes', 'idempotent'],
  takes: Object.fromEntries(
    ['to', 'cc', 'bcc', 'replyTo', 'subject', 'text', 'html', 'attachments'].map((field) => [field, { path: `data.body.${field}` }]),
  ),
  body: strict(
    {
      ...{ to: { ...addresses, minItems: 1 }, cc: addresses, bcc: addresses, replyTo: { ...addresses, maxItems: 5 } },
      ...{ subject: text(1000), text: text(1_000_000), html: text(1_000_000) },
      attachments: { type: 'array', items: attachment, maxItems: 50 },
    },
    ['to', 'subject'],
  ),
  answer: strict({
    messageId: text(200),
    accepted: { type: 'array', items: text(400) },
    rejected: { type: 'array', items: strict({ address: text(400), code: { type: 'integer' } }) },
  }),
};

const hl7Send: TransportOperation = {
  ...{ protocol: 'hl7', operation: 'send', adapterProtocol: 'mllp', nodeType: 'mllp.send@1', reads: false },
  text: {
    label: { 'zh-CN': '发送 HL7', en: 'Send HL7' },
    help: {
      'zh-CN': '调用方发送 HL7 v2 消息的文本，得到 ACK；AE、AR 返回 422，代码为 HL7_AE、HL7_AR，并附对方的说明。',
      en: 'Callers send the text of an HL7 v2 message and get its ACK; AE and AR are 422 with the code HL7_AE or HL7_AR and what the other side says.',
    },
  },
  settings: ['idempotent', 'retryOn', 'controlId'],
  takes: { message: { path: 'data.body.message' }, refusals: 'port' },
  body: strict({ message: text(5_000_000, { pattern: '^MSH', description: 'HL7 v2 in ER7, segments end with \\r' }) }),
  answer: strict({ code: text(2), controlId: text(200), text: text(10_000) }),
  refusal: {
    port: 'refused',
    body: '{ "code": "HL7_" & data.code, "message": "The other side refused the message.", "peer": data }',
  },
};

const file = { protocol: 'file', adapterProtocol: 'file', takesFolder: true } as const;

const fileWrite: TransportOperation = {
  ...{ ...file, operation: 'write', nodeType: 'file.write@1', reads: false },
  text: {
    label: { 'zh-CN': '写入文件', en: 'Write file' },
    help: {
      'zh-CN': '调用方把文件的字节作为请求体（application/octet-stream），文件名为查询参数 name；写在下面的目录里。',
      en: 'The body is the bytes of the file (application/octet-stream), its name is the query parameter name; it is written in the folder below.',
    },
  },
  settings: ['ifExists', 'makeFolders'],
  takes: { path: '{data.query.name}', content: { path: 'data.body' } },
  query: strict({ name: fileName }),
  answer: { type: 'object' },
};

const fileRead: TransportOperation = {
  ...{ ...file, operation: 'read', nodeType: 'file.read@1', reads: true },
  text: {
    label: { 'zh-CN': '读取文件', en: 'Read file' },
    help: {
      'zh-CN': '按文件名读取下面的目录中的文件，响应体就是文件的字节。',
      en: 'Reads a file of the folder below by its name; the response body is its bytes.',
    },
  },
  settings: ['maxBytes'],
  takes: { path: atName, output: 'bytes' },
  body: strict({ name: fileName }),
  answer: {},
  answerType: 'application/octet-stream',
};

const fileList: TransportOperation = {
  ...{ ...file, operation: 'list', nodeType: 'file.list@1', reads: true },
  text: {
    label: { 'zh-CN': '列出文件', en: 'List files' },
    help: {
      'zh-CN': '列出下面的目录中的文件；请求体为 {}。',
      en: 'Lists the files of the folder below; the body is {}.',
    },
  },
  settings: ['patterns', 'maxEntries'],
  takes: {},
  body: strict({}),
  answer: { type: 'array', items: { type: 'object' } },
};

const fileRemove: TransportOperation = {
  ...{ ...file, operation: 'remove', nodeType: 'file.remove@1', reads: false },
  text: {
    label: { 'zh-CN': '删除文件', en: 'Remove file' },
    help: {
      'zh-CN': '按文件名删除下面的目录中的文件。',
      en: 'Removes a file of the folder below by its name.',
    },
  },
  settings: ['mustExist'],
  takes: { path: atName },
  body: strict({ name: fileName }),
  answer: strict({ path: text(1000), removed: { type: 'boolean' } }),
};

export const TRANSPORT_OPERATIONS: readonly TransportOperation[] = [
  ...[soapCall, mailSend, hl7Send],
  ...[fileWrite, fileRead, fileList, fileRemove],
];

/** Returns the name of an operation in the API of control, such as `mail.send`. */
export function nameOfOperation({ protocol, operation }: TransportOperation): string {
  return `${protocol}.${operation}`;
}
