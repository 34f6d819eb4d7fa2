import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { namingPeer, peerOf } from '../shared/at-peer.ts';
import { canonicalCharset, decodeText, encodeText } from '../shared/charset/text-charset.ts';
import type { Ack } from '../shared/hl7/acknowledge.ts';
import { declaredCharset, msh18OfCharset } from '../shared/hl7/charset-names.ts';
import { requireOneMessage } from '../shared/hl7/require-one.ts';
import { controlIdOf } from '../shared/hl7/control-id.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { headerField, readHl7, writeHl7 } from '../shared/hl7/message.ts';
import { setHl7 } from '../shared/hl7/paths.ts';
import { inTurns } from '../shared/in-turns.ts';
import { readSettings } from '../shared/read-settings.ts';
import { connect } from './connect.ts';
import { probeMllp } from './probe.ts';
import type { Answer } from './send-line.ts';
import { createSendPool, type SendPool } from './send-pool.ts';
import { SendSettings } from './settings.ts';
import { compileInput } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    message: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '消息',
          'Message',
          '文本、字节，或 HL7 解析的数据；不填时为消息数据。',
          'Text, bytes, or data of “Parse HL7”; if left out, the data of the message.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    idempotent: Type.Boolean({
      ...fieldText(
        '对方保证幂等',
        'Idempotent',
        '对方按 MSH-10 去重，因此结果未知时可以安全重发。',
        'The other side honours MSH-10, so it is safe to send again if the outcome is unknown.',
      ),
      default: false,
    }),
    controlId: Type.Union([Type.Literal('derive'), Type.Literal('keep')], {
      ...fieldText('消息控制号', 'Control id', '对方凭它去重。', 'The other side uses it to recognise duplicates.', {
        options: {
          derive: ['由本步骤的幂等键生成', 'From the step’s idempotency key'],
          keep: ['保留消息中的 MSH-10', 'MSH-10 of the message'],
        },
      }),
      default: 'derive',
    }),
    retryOn: Type.Array(Type.Union([Type.Literal('AE'), Type.Literal('AR')]), {
      ...fieldText(
        '可重试的拒绝',
        'Refusals to retry',
        '这些应答按暂时错误处理，由节点的重试规则重发。',
        'Treated as transient and retried by the node’s retry rule.',
        { options: { AE: ['AE 应用出错', 'AE application error'], AR: ['AR 应用拒绝', 'AR application reject'] } },
      ),
      default: [],
      maxItems: 2,
    }),
    refusals: Type.Union([Type.Literal('error'), Type.Literal('port')], {
      ...fieldText(
        '其他拒绝',
        'Other refusals',
        '“拒绝”出口输出 {code, controlId, errorCode, text}，text 为对方的说明。',
        'The port “refused” emits {code, controlId, errorCode, text}; text is what the other side says.',
        { options: { error: ['作为错误', 'Are errors'], port: ['走“拒绝”出口', 'Leave by the port “refused”'] } },
      ),
      default: 'error',
    }),
    waitFor: Type.Optional(
      Type.Union([Type.Literal('first'), Type.Literal('application')], {
        ...fieldText(
          '等待',
          'Wait for',
          '增强模式（MSH-15、MSH-16）下对方先回 CA，再在同一连接上回应用应答。',
          'In the enhanced mode (MSH-15, MSH-16) the other side first sends CA, then the application’s answer on the same connection.',
          { options: { first: ['第一个应答', 'The first answer'], application: ['应用应答', 'The application’s answer'] } },
        ),
        default: 'first',
      }),
    ),
    emits: Type.Optional(
      Type.Union([Type.Literal('ack'), Type.Literal('response')], {
        ...fieldText(
          '输出',
          'Emits',
          '查询（QBP/RSP）、医嘱（ORM/ORR）等对方回数据的消息，选“应答全文”。',
          'For messages that are answered with data, such as queries (QBP/RSP) and orders (ORM/ORR), choose the whole answer.',
          { options: { ack: ['应答结果', 'The result'], response: ['应答全文', 'The whole answer'] } },
        ),
        default: 'ack',
      }),
    ),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Sends an HL7 v2 message over MLLP and waits for its ACK. */
export default defineNode({
  type: 'mllp.send',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'send',
  text: {
    label: { 'zh-CN': 'MLLP 发送', en: 'MLLP send' },
    help: {
      'zh-CN': '经适配器用 MLLP 发送 HL7 v2 消息，并等待对应的 ACK。',
      en: 'Sends an HL7 v2 message over MLLP through its adapter and waits for the matching ACK.',
    },
  },
  ports: { in: [inPort], out: [okPort, { name: 'refused', label: { 'zh-CN': '拒绝', en: 'Refused' } }, errorPort] },
  adapter: 'mllp',
  effect: (config) => (config.idempotent ? 'idempotent-write' : 'write'),
  config: Config,
  expressions: ['/message/expression'],
  prepare: prepareSend,
  probe: probeMllp,
});

function prepareSend(config: Config, build: BuildContext): RunNode<Config> {
  const pool = createSendPool();
  const chosen = config.message;
  const read = chosen && compileInput('/message', chosen, build);
  return async (ctx, message) => {
    const settings = readSettings(ctx.adapter!, SendSettings);
    const source = read === undefined ? message : { ...message, data: await read(ctx.scope) };
    const { code, controlId, text, errorCode, received } = await send(pool, settings, await outgoing(config, ctx, source), ctx);
    const isAccepted = code[1] === 'A';
    if (!isAccepted && (config.refusals === 'error' || isRetried(code, config))) throw refused({ code, errorCode }, config);
    const port = isAccepted ? 'ok' : 'refused';
    if (config.emits === 'response')
      return { emit: { [port]: [{ ...withData(message, received.text, 'application/hl7-v2'), charset: received.charset }] } };
    const answer = isAccepted ? { code, controlId, text } : { code, controlId, errorCode, text };
    const { charset: _sent, ...rest } = withData(message, answer, 'application/json');
    return { emit: { [port]: [rest] } };
  };
}

function isRetried(code: string, { retryOn }: Config): boolean {
  return retryOn.includes(levelOf(code));
}

function levelOf(code: string): 'AE' | 'AR' {
  return `A${code[1]!}` as 'AE' | 'AR';
}

interface Outgoing {
  readonly content: Buffer;
  readonly controlId: string;
  readonly charset: string;
}

/**
 * Builds the bytes to send from text or from data of `hl7.parse`. They are encoded in the adapter's charset; without
 * one, in the charset of MSH-18; if MSH-18 is empty, in the charset of the message. If MSH-18 names another charset
 * than the one used, it is changed.
 */
async function outgoing(config: Config, ctx: NodeContext<Config>, message: Message): Promise<Outgoing> {
  let request = readHl7(requireOneMessage(await textOf(message, ctx.signal)));
  if (config.controlId === 'derive') request = setHl7(request, 'MSH-10', controlIdOf(ctx.idempotencyKey));
  const controlId = headerField(request, 10);
  if (controlId === '')
    throw new AppError('MLLP_NO_CONTROL_ID', 'input', 'The message has no MSH-10, so no ACK could refer to it.', {
      fix: 'Set MSH-10 in the flow, or let the node derive it.',
    });
  const declared = declaredCharset(request);
  const charset = canonicalCharset(ctx.adapter!.charset ?? declared ?? message.charset ?? 'UTF-8');
  if (declared !== undefined && declared !== charset) request = setHl7(request, 'MSH-18', msh18OfCharset(charset));
  return { content: encodeText(writeHl7(request), charset), controlId, charset };
}

function textOf({ data, charset }: Message, signal: AbortSignal): string | Promise<string> {
  if (typeof data === 'string') return data;
  return data instanceof Uint8Array ? decodeText(data, charset ?? 'UTF-8') : inTurns(textSteps(data), signal);
}

async function send(pool: SendPool, settings: SendSettings, message: Outgoing, ctx: NodeContext<Config>): Promise<Answer> {
  const { limits } = ctx.adapter!;
  const credential = settings.tls?.clientCertificate === true ? await ctx.secret() : undefined;
  const exchange = {
    ...message,
    waitsForApplication: ctx.config.waitFor === 'application',
    ackTimeoutMs: limits.timeoutMs,
    maxAckBytes: limits.maxResponseBytes,
    signal: ctx.signal,
    clock: ctx.clock,
    log: ctx.log,
    connect: async () =>
      connect({
        settings,
        timeoutMs: limits.connectTimeoutMs,
        outbound: ctx.outbound,
        signal: ctx.signal,
        clock: ctx.clock,
        credential,
      }),
    beforeFirstByte: () => ctx.beforeFirstByte(),
  };
  return namingPeer(peerOf('MLLP', settings), () => pool.send(settings, exchange));
}

/** Returns the error for a negative ACK. It only has the codes, since the peer's text may mention a patient. */
function refused({ code, errorCode }: Pick<Ack, 'code' | 'errorCode'>, config: Config): AppError {
  const level = levelOf(code);
  const reason = /^[A-Za-z0-9_.-]{1,20}$/.test(errorCode) ? `, error ${errorCode}` : '';
  return new AppError(
    'MLLP_REFUSED',
    isRetried(code, config) ? 'transient' : 'input',
    `The other side refused the message (${code}${reason}).`,
    {
      values: { problem: level, code, ...(reason === '' ? {} : { errorCode }) },
      fix:
        level === 'AE'
          ? 'Correct the content of the message; the reason is in the log of the other side.'
          : 'The other side does not accept such messages, or not at the moment; ask its operators.',
    },
  );
}
