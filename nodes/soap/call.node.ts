import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { withData } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type Effect,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { NAME_RULES, valuesBy } from '../../engine/contract/values/named-values.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { loginOf } from '../shared/http/credential.ts';
import { createOutboundClient, withAdapter } from '../shared/http/outbound.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import type { ParseXmlOptions } from '../shared/xml/parse-xml.ts';
import { takeAttachments, writeMultipart } from './attachments/send-attachments.ts';
import { buildEnvelope, envelopeHeaders } from './envelope.ts';
import { faultError, readFault } from './fault.ts';
import { requireNoSecurity } from './header-rules.ts';
import { readOffers } from './offers.ts';
import { readAnswer } from './read-answer.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { httpAdapter } from './settings.ts';
import { runSignature } from './signature/in-thread.ts';
import { SIGNED_BODY, signatureHeader } from './signature/request-parts.ts';
import { readSigningKey } from './signature/signing-key.ts';
import { securityHeader } from './username-token.ts';
import { compileInput } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    version: Type.Union([Type.Literal('1.1'), Type.Literal('1.2')], { ...fieldText('SOAP 版本', 'SOAP version'), default: '1.1' }),
    path: Type.String({
      ...fieldText('路径', 'Path', '接在适配器地址之后，可为空。', "Appended to the adapter's base URL; may be empty."),
      pattern: "^(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9_.~!$&'()*+,;=:@%-]*)*$",
      maxLength: 1000,
      default: '',
    }),
    namespace: Type.String({
      ...fieldText('命名空间', 'Namespace', '操作元素的命名空间 URI。', "URI of the operation element's namespace.", {
        example: 'urn:hospital:appointment',
      }),
      minLength: 1,
      maxLength: 500,
    }),
    operation: Type.String({
      ...fieldText('操作', 'Operation', '请求体中元素的名称。', 'Name of the element in the body.', { example: 'register' }),
      pattern: '^[^\\s<>&"\'/=:@#!?]+$',
      minLength: 1,
      maxLength: 200,
    }),
    action: Type.String({
      ...fieldText('SOAPAction', 'SOAPAction', '可为空。', 'May be empty.', { example: 'urn:register' }),
      pattern: '^[!#-\\[\\]-~]*$',
      maxLength: 500,
      default: '',
    }),
    prefix: Type.String({
      ...fieldText('前缀', 'Prefix', '操作元素的前缀。', 'Of the operation element.'),
      pattern: '^(?!soap$)[A-Za-z][A-Za-z0-9]{0,20}$',
      default: 'm',
    }),
    qualified: Type.Boolean({
      ...fieldText(
        '字段带命名空间',
        'Qualified fields',
        'WSDL 为 elementFormDefault="qualified" 时打开。',
        'Turn on if the WSDL has elementFormDefault="qualified".',
      ),
      default: false,
    }),
    namespaces: valuesBy('elementPath', Type.String({ maxLength: 500 }), {
      ...fieldText(
        '其他命名空间',
        'Other namespaces',
        '与外层元素命名空间不同的元素：路径 → 命名空间，空值表示不带命名空间。从服务描述选择操作时自动填写。',
        'Elements that are not in the namespace of the element around them: path → namespace, empty for none. Filled in when an operation is chosen from the description.',
      ),
      default: {},
    }),
    types: valuesBy('elementPath', Type.String({ pattern: '^\\{[^{}\\s]*\\}[^{}\\s:]+$', maxLength: 500 }), {
      ...fieldText(
        '编码类型（rpc/encoded）',
        'Encoded types (rpc/encoded)',
        'WSDL 为 use="encoded" 时各元素的类型：路径 → {命名空间}类型，数组以 [] 结尾。从服务描述选择操作时自动填写。',
        'Types of the elements if the WSDL has use="encoded": path → {namespace}type, that of an array with [] at its end. Filled in when an operation is chosen from the description.',
      ),
      default: {},
    }),
    nillable: Type.Array(Type.String({ pattern: NAME_RULES.elementPath.pattern }), {
      ...fieldText(
        '可为 nil 的元素',
        'Elements that may be nil',
        '值为 null 时写成 xsi:nil="true"；其他元素的 null 写成空元素。从服务描述选择操作时自动填写。',
        'Null in them is sent as xsi:nil="true", in others as an empty element. Filled in when an operation is chosen from the description.',
        { example: 'patient.birthDate' },
      ),
      default: [],
      maxItems: 1000,
    }),
    bare: Type.Boolean({
      ...fieldText(
        '参数即消息体元素',
        'The parameters are the body',
        '消息体没有唯一的操作元素（或为空）时打开：参数和输出的每个字段各是一个消息体元素。',
        'Turn on if the body has no single element of the operation: each field of the parameters and of the output is an element of the body.',
      ),
      default: false,
    }),
    body: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText('参数', 'Parameters', '一个对象；默认为消息数据。', 'An object; if left out, the data of the message.'),
        ...fieldEditor('operand'),
      }),
    ),
    header: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText('SOAP 头', 'SOAP header', '一个对象，每个字段一个头元素。', 'An object, one header element per field.'),
        ...fieldEditor('operand'),
      }),
    ),
    security: Type.Union([Type.Literal('none'), Type.Literal('text'), Type.Literal('digest'), Type.Literal('signature')], {
      ...fieldText(
        'WS-Security',
        'WS-Security',
        '令牌的凭据为 用户名:密码；签名的凭据为 PEM 格式的 RSA 私钥和证书。',
        'For a token, the credential is user:password; for a signature, an RSA private key and certificate as PEM.',
        {
          options: {
            none: ['不带', 'None'],
            text: ['明文密码', 'Plain password'],
            digest: ['密码摘要', 'Password digest'],
            signature: ['X.509 签名', 'X.509 signature'],
          },
        },
      ),
      default: 'none',
    }),
    signedAnswer: Type.Boolean({
      ...fieldText(
        '应答须签名',
        'The answer must be signed',
        '按适配器中的对方签名证书验证应答的正文和时间戳；未签名、不符、为空或带附件时出错。',
        'Body and timestamp of the answer are verified by the certificates of the adapter; an answer that is not signed, is empty or has attachments fails the call.',
      ),
      default: false,
    }),
    attachments: Type.Union([Type.Literal('inline'), Type.Literal('mtom'), Type.Literal('swa')], {
      ...fieldText(
        '文件的发送方式',
        'How files are sent',
        '参数中的文件引用（blobId）怎样发出。应答中的附件总是存为文件引用。',
        'What becomes of file references (blobId) in the parameters. Attachments of answers always become file references.',
        {
          options: {
            inline: ['正文中的 Base64', 'Base64 in the body'],
            mtom: ['MTOM', 'MTOM'],
            swa: ['SOAP 附件（SwA）', 'SOAP with Attachments'],
          },
        },
      ),
      default: 'inline',
    }),
    arrays: Type.Array(Type.String({ ...fieldEditor('data-path'), minLength: 1, maxLength: 1000 }), {
      ...fieldText('总是数组的路径', 'Always arrays', '只出现一次时也是数组。', 'Arrays even if they occur only once.', {
        example: 'registerResponse.result.items',
      }),
      default: [],
      maxItems: 1000,
    }),
    faults: Type.Union([Type.Literal('error'), Type.Literal('port')], {
      ...fieldText('故障', 'Faults', '“故障”出口输出 {code, reason, detail}。', 'The port “fault” emits {code, reason, detail}.', {
        options: { error: ['作为错误', 'Are errors'], port: ['走“故障”出口', 'Leave by the port “fault”'] },
      }),
      default: 'error',
    }),
    serverFault: Type.Union([Type.Literal('refused'), Type.Literal('unknown')], {
      ...fieldText('服务端故障表示', 'A server fault means', '结果不明时由人工确认。', 'If the outcome is unknown, a person decides.', {
        options: { refused: ['对方已拒绝', 'The other side refused'], unknown: ['结果不明', 'Outcome unknown'] },
      }),
      default: 'refused',
    }),
    oneWay: Type.Boolean({
      ...fieldText(
        '单向操作',
        'One-way',
        '对方不返回内容（WSDL 中该操作没有 output）时打开。否则空响应视为出错。',
        'Turn on if the WSDL defines no output for the operation. Otherwise an empty response is an error.',
      ),
      default: false,
    }),
    reads: Type.Boolean({
      ...fieldText('只读调用', 'Only reads', '只查询，不改变任何数据。', 'It only reads and changes nothing.'),
      default: false,
    }),
    idempotent: Type.Boolean({
      ...fieldText('对方保证幂等', 'Idempotent', '重复发送等同于发送一次。', 'Sending it twice has the same effect as sending it once.'),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Calls one operation of a SOAP service: 1.1 (W3C Note 2000) or 1.2 (W3C Recommendation 2007), document/literal. */
export default defineNode({
  type: 'soap.call',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'mail-open',
  text: {
    label: { 'zh-CN': 'SOAP 调用', en: 'SOAP call' },
    help: {
      'zh-CN': '把对象写成 SOAP 请求，调用对方的操作，输出响应中的数据；支持 GBK、GB18030。',
      en: 'Writes an object as a SOAP request, calls an operation of the other side and emits the data of its response; also in GBK and GB18030.',
    },
  },
  ports: { in: [inPort], out: [okPort, { name: 'fault', label: { 'zh-CN': '故障', en: 'Fault' } }, errorPort] },
  adapter: 'soap',
  effect: effectOf,
  config: Config,
  expressions: ['/body/expression', '/header/expression'],
  check: ({ security, attachments, signedAnswer, oneWay }) => [
    ...(security === 'signature' && attachments !== 'inline'
      ? [
          {
            path: '/attachments',
            message: { 'zh-CN': '签名的请求只能把文件放在正文中', en: 'A signed request can only hold files in its body.' },
          },
        ]
      : []),
    ...(signedAnswer && oneWay
      ? [
          {
            path: '/signedAnswer',
            message: { 'zh-CN': '单向操作没有可以签名的应答', en: 'A one-way operation has no answer that could be signed.' },
          },
        ]
      : []),
  ],
  prepare: prepareCall,
  probe: (ctx) => probeHttp({ ...ctx, adapter: httpAdapter(ctx.adapter) }),
  offers: readOffers,
});

function effectOf(config: Config): Effect {
  return config.reads ? 'read' : config.idempotent ? 'idempotent-write' : 'write';
}

function prepareCall(config: Config, build: BuildContext): RunNode<Config> {
  const effect = effectOf(config);
  const readBody = compileInput('/body', config.body ?? { path: 'data' }, build);
  const readHeader = compileInput('/header', config.header ?? { value: {} }, build);
  const xmlOptions: ParseXmlOptions = { maxDepth: 200, namespaces: 'strip', arrays: config.arrays.map((path) => `Envelope.Body.${path}`) };
  const client = createOutboundClient();
  const parser = createParser();

  return async (ctx, message) => {
    const charset = ctx.adapter?.charset ?? 'UTF-8';
    const http = withAdapter(ctx, httpAdapter(ctx.adapter!));
    const { data, attachments } = await takeAttachments(await readBody(ctx.scope), config.attachments, ctx.blobs);
    const envelope = encodeText(await writeRequest(config, ctx, await readHeader(ctx.scope), data, charset), charset);
    const multipart = writeMultipart(envelope, { ...config, charset }, config.attachments, attachments);
    const headers = {
      ...envelopeHeaders(config.version, config.action, charset),
      ...(multipart === undefined
        ? {}
        : { 'content-type': multipart.contentType, accept: 'multipart/related, text/xml, application/soap+xml' }),
    };
    const request = { method: 'POST', path: config.path, headers, body: multipart?.body ?? envelope, effect } as const;
    const response = await client.send(http, request);
    const answer = await readAnswer(response, effect, { xmlOptions, config }, parser, ctx);
    const { charset: _request, ...rest } = withData(message, 'fault' in answer ? null : answer.result, 'application/json');
    if (!('fault' in answer)) return { emit: { ok: [rest] } };
    const fault = readFault(answer.fault);
    if (config.faults === 'error') throw faultError(fault, config.serverFault);
    return { emit: { fault: [{ ...rest, data: { code: fault.code, reason: fault.reason, detail: fault.detail } }] } };
  };
}

async function writeRequest(config: Config, ctx: NodeContext<Config>, header: unknown, body: unknown, charset: string): Promise<string> {
  const { security } = config;
  const now = ctx.clock.now();
  if (security === 'none') return buildEnvelope(config, [header], body, charset);
  requireNoSecurity(header);
  if (security !== 'signature')
    return buildEnvelope(config, [header, securityHeader(security, loginOf(await ctx.secret()), now)], body, charset);
  const key = readSigningKey(await ctx.secret());
  const envelope = buildEnvelope(config, [header, signatureHeader(key.certificate, now)], body, charset, SIGNED_BODY);
  return runSignature({ kind: 'sign', envelope, key }, ctx);
}
