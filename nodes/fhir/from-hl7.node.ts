import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type NodeContext } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { headerField, readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { inTurns } from '../shared/in-turns.ts';
import { bundleSteps } from './v2/bundle.ts';
import { toPrimitive } from './v2/primitives.ts';
import { convertSteps } from './v2/convert.ts';

const KINDS: readonly string[] = ['ADT', 'ORU', 'SIU'];

const Config = Type.Object(
  {
    bundle: Type.Union([Type.Literal('transaction'), Type.Literal('message'), Type.Literal('collection')], {
      ...fieldText('输出', 'Bundle', undefined, undefined, {
        options: {
          transaction: ['事务（可接“FHIR 事务”）', 'Transaction (for FHIR transaction)'],
          message: ['FHIR 消息', 'FHIR message'],
          collection: ['资源集合', 'Collection'],
        },
      }),
      default: 'transaction',
    }),
    offset: Type.String({
      ...fieldText('时区', 'Offset', '消息中的时间没有写时区时所用。', 'For times of the message that name none.', { example: '+08:00' }),
      pattern: '^(Z|(\\+|-)(0\\d|1[0-4]):[0-5]\\d)$',
      default: '+08:00',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Converts HL7 v2 messages (ADT, ORU, SIU) to FHIR R4 by the published v2-to-FHIR tables. */
export default defineNode({
  type: 'fhir.from-hl7',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'flame',
  text: {
    label: { 'zh-CN': 'HL7 转 FHIR', en: 'HL7 to FHIR' },
    help: {
      'zh-CN': '按 HL7 官方 v2-to-FHIR 对照表，把 ADT、ORU、SIU 消息转换为 FHIR R4 Bundle。',
      en: 'Converts ADT, ORU and SIU messages to a FHIR R4 Bundle by the published v2-to-FHIR tables.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  prepare: (config: Config) => async (ctx, message) => {
    const source = readHl7(await textOf(message, ctx));
    const kind = headerField(source, 9).split(source.delimiters.component)[0]!;
    if (!KINDS.includes(kind))
      throw new AppError('HL7_TYPE_UNEXPECTED', 'input', 'There is no FHIR template for this message type.', {
        values: { types: KINDS.join('、') },
        fix: `Send one of ${KINDS.join(', ')}, or map the fields with a mapping.`,
      });
    const { resources, asText } = await inTurns(convertSteps(source, { offset: config.offset }), ctx.signal);
    const sent = toPrimitive(headerField(source, 7).split(source.delimiters.component)[0]!, 'instant', { offset: config.offset });
    const timestamp = typeof sent === 'string' ? sent : new Date(ctx.scope.now).toISOString();
    const { bundle, leftOut } = await inTurns(bundleSteps(resources, { type: config.bundle, seed: seedOf(source), timestamp }), ctx.signal);
    if (asText.length > 0) ctx.log.info('fhir.kept-as-text', { count: asText.length, first: asText[0]! });
    if (leftOut.length > 0) ctx.log.info('fhir.left-out', { count: leftOut.length, first: leftOut[0]! });
    return { emit: { ok: [withData(message, bundle, 'application/fhir+json')] } };
  },
});

/** The same message gives the same ids, so a repetition can be recognised. */
function seedOf(message: Hl7Message): string {
  return createHash('sha256').update(message.segments.join('\r')).digest('base64url');
}

function textOf({ data, charset }: Message, { signal }: NodeContext<Config>): string | Promise<string> {
  if (typeof data === 'string') return data;
  return data instanceof Uint8Array ? decodeHl7(data, charset).text : inTurns(textSteps(data), signal);
}
