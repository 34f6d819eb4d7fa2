import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type NodeContext, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { canonicalCharset, decodeText, encodeText } from '../shared/charset/text-charset.ts';
import type { Ack } from '../shared/hl7/acknowledge.ts';
import { charsetOfMsh18, msh18OfCharset } from '../shared/hl7/charset-names.ts';
import { controlIdOf } from '../shared/hl7/control-id.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { headerField, readHl7, writeHl7 } from '../shared/hl7/message.ts';
import { setHl7 } from '../shared/hl7/paths.ts';
import { inTurns } from '../shared/in-turns.ts';
import { readSettings } from '../shared/read-settings.ts';
import { connect } from './connect.ts';
import { probeMllp } from './probe.ts';
import { createSendPool, type SendPool } from './send-pool.ts';
import { SendSettings } from './settings.ts';

const Config = Type.Object(
  {
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
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'mllp',
  effect: (config) => (config.idempotent ? 'idempotent-write' : 'write'),
  config: Config,
  prepare: prepareSend,
  probe: probeMllp,
});

function prepareSend(config: Config): RunNode<Config> {
  const pool = createSendPool();
  return async (ctx, message) => {
    const settings = readSettings(ctx.adapter!, SendSettings);
    const ack = await send(pool, settings, await outgoing(config, ctx, message), ctx);
    if (ack.code[1] !== 'A') throw refused(ack, config);
    const { charset: _sent, ...rest } = withData(message, { code: ack.code, controlId: ack.controlId, text: ack.text }, 'application/json');
    return { emit: { ok: [rest] } };
  };
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
  let request = readHl7(await textOf(message, ctx.signal));
  if (config.controlId === 'derive') request = setHl7(request, 'MSH-10', controlIdOf(ctx.idempotencyKey));
  const controlId = headerField(request, 10);
  if (controlId === '')
    throw new AppError('MLLP_NO_CONTROL_ID', 'input', 'The message has no MSH-10, so no ACK could refer to it.', {
      fix: 'Set MSH-10 in the flow, or let the node derive it.',
    });
  const declared = charsetOfMsh18(headerField(request, 18).split(request.delimiters.repetition || '~')[0]!);
  const charset = canonicalCharset(ctx.adapter!.charset ?? declared ?? message.charset ?? 'UTF-8');
  if (declared !== undefined && declared !== charset) request = setHl7(request, 'MSH-18', msh18OfCharset(charset));
  return { content: encodeText(writeHl7(request), charset), controlId, charset };
}

function textOf({ data, charset }: Message, signal: AbortSignal): string | Promise<string> {
  if (typeof data === 'string') return data;
  return data instanceof Uint8Array ? decodeText(data, charset ?? 'UTF-8') : inTurns(textSteps(data), signal);
}

async function send(pool: SendPool, settings: SendSettings, message: Outgoing, ctx: NodeContext<Config>): Promise<Ack> {
  const { limits } = ctx.adapter!;
  const credential = settings.tls?.clientCertificate === true ? await ctx.secret() : undefined;
  return pool.send(settings, {
    ...message,
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
  });
}

/** Returns the error for a negative ACK. It only has the codes, since the peer's text may mention a patient. */
function refused({ code, errorCode }: Ack, config: Config): AppError {
  const level = `A${code[1]!}` as 'AE' | 'AR';
  const reason = /^[A-Za-z0-9_.-]{1,20}$/.test(errorCode) ? `, error ${errorCode}` : '';
  return new AppError(
    'MLLP_REFUSED',
    config.retryOn.includes(level) ? 'transient' : 'input',
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
