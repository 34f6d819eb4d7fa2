import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { createMessage, withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type NodeContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { buildAck } from '../shared/hl7/acknowledge.ts';
import { declaredCharset } from '../shared/hl7/charset-names.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { readHl7, writeHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { completeReply } from '../shared/hl7/reply.ts';
import { inTurns } from '../shared/in-turns.ts';
import { textOf } from './parse-input.ts';
import { compileInput } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    request: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '请求',
          'Request',
          '要应答的消息；不填则为消息数据。',
          'The message to answer; if left out, the data of the message.',
          {
            example: 'nodes.n_parse',
          },
        ),
        ...fieldEditor('operand'),
      }),
    ),
    content: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '自己的回复',
          'Own reply',
          '含 MSH-9 与内容段的回复（如 RSP、ORR）；不填则生成 ACK。',
          'A reply with MSH-9 and its segments (such as RSP or ORR); if left out, an ACK is built.',
          { example: 'nodes.n_map' },
        ),
        ...fieldEditor('operand'),
      }),
    ),
    code: Type.Union([Type.Literal('AA'), Type.Literal('AE'), Type.Literal('AR')], {
      ...fieldText('应答代码', 'Code', '用于 ACK。', 'For the ACK.', {
        options: {
          AA: ['AA 已接受', 'AA accepted'],
          AE: ['AE 应用出错', 'AE application error'],
          AR: ['AR 应用拒绝', 'AR application reject'],
        },
      }),
      default: 'AA',
    }),
    text: Type.Optional(
      Type.String({
        ...fieldText('说明', 'Text', 'ACK 的 MSA-3，不要写患者信息。', 'MSA-3 of the ACK, without personal data.'),
        maxLength: 200,
      }),
    ),
    emits: Type.Union([Type.Literal('text'), Type.Literal('bytes')], {
      ...fieldText(
        '输出',
        'Emits',
        '经 HTTP 应答时选字节：按请求的字符集编码。',
        'For an answer over HTTP choose bytes: in the charset of the request.',
        {
          options: { text: ['文本', 'Text'], bytes: ['字节', 'Bytes'] },
        },
      ),
      default: 'text',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const MEDIA_TYPE = 'application/hl7-v2';

/** Builds the answer to an HL7 message: an ACK, or a reply of the flow's own with what every reply must name. */
export default defineNode({
  type: 'hl7.acknowledge',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'mail-check',
  text: {
    label: { 'zh-CN': 'HL7 应答', en: 'Acknowledge HL7' },
    help: {
      'zh-CN': '为一条 HL7 消息生成 ACK，或补齐流程自己的回复，例如经 HTTP 收发 HL7 时。',
      en: 'Builds the ACK of an HL7 message, or completes a reply of the flow’s own, for example for HL7 over HTTP.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  expressions: ['/request/expression', '/content/expression'],
  prepare(config, build) {
    const { request, content } = config;
    const operand = (path: string, source: Operand | undefined) => source && compileInput(path, source, build);
    const readRequest = operand('/request', request);
    const readContent = operand('/content', content);
    return async (ctx, message) => {
      const source = readRequest === undefined ? message.data : await readRequest(ctx.scope);
      const asked = await messageIn(source, message.charset, ctx);
      const now = ctx.scope.now;
      const text =
        readContent === undefined
          ? buildAck(asked, { code: config.code, now, ...(config.text === undefined ? {} : { text: config.text }) })
          : writeHl7(completeReply(createMessage(await readContent(ctx.scope)), asked, now));
      if (config.emits === 'text') return { emit: { ok: [withData(message, text, MEDIA_TYPE)] } };
      const charset = charsetOf(asked, message.charset);
      return { emit: { ok: [{ ...withData(message, new Uint8Array(encodeText(text, charset)), MEDIA_TYPE), charset }] } };
    };
  },
});

/** Text and bytes are read as `hl7.parse` reads them; anything else must be its data. */
async function messageIn(data: unknown, charset: string | undefined, { signal }: NodeContext<Config>): Promise<Hl7Message> {
  const isText = typeof data === 'string' || data instanceof Uint8Array;
  return readHl7(
    isText ? textOf(createMessage(data, charset === undefined ? {} : { charset })).text : await inTurns(textSteps(data), signal),
  );
}

function charsetOf(message: Hl7Message, received: string | undefined): string {
  const declared = declaredCharset(message);
  return declared === undefined || declared === 'US-ASCII' ? (received ?? 'UTF-8') : declared;
}
