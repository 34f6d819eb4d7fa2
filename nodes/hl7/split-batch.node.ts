import { Type } from 'typebox';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { batchSteps } from '../shared/hl7/batch.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { inTurns } from '../shared/in-turns.ts';
import { textOf } from './parse-input.ts';

/** Splits an HL7 batch file into its messages, in their order, for a loop over them. */
export default defineNode({
  type: 'hl7.split-batch',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'split',
  text: {
    label: { 'zh-CN': 'HL7 批文件拆分', en: 'Split HL7 batch' },
    help: {
      'zh-CN': '把 HL7 批文件（FHS、BHS … BTS、FTS）拆成一条条消息，顺序不变。',
      en: 'Splits an HL7 batch file (FHS, BHS … BTS, FTS) into its messages, in their order.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      mostMessages: Type.Integer({
        ...fieldText('最多消息数', 'Most messages', '超过时报错，不会只取一部分。', 'More are an error; messages are never left out.'),
        minimum: 1,
        maximum: 100_000,
        default: 10_000,
      }),
    },
    { additionalProperties: false },
  ),
  prepare: (config) => async (ctx, message) => {
    const { text, charset } = decoded(message);
    const { id, header, batches } = await inTurns(batchSteps(text, config.mostMessages), ctx.signal);
    const messages = batches.flatMap((batch) => batch.messages);
    const data = {
      file: { id, header },
      batches: batches.map(({ messages: own, ...batch }) => ({ ...batch, count: own.length })),
      messages,
    };
    return { emit: { ok: [{ ...withData(message, data, 'application/json'), ...(charset === undefined ? {} : { charset }) }] } };
  },
});

/** The charset stands in the first message, because FHS and BHS have no field for it. */
function decoded(message: Message): ReturnType<typeof textOf> {
  const { data } = message;
  if (!(data instanceof Uint8Array)) return textOf(message);
  const start = Buffer.from(data.buffer, data.byteOffset, data.byteLength).indexOf('MSH');
  const { charset } = decodeHl7(start < 0 ? new Uint8Array() : data.subarray(start), message.charset);
  return { text: decodeText(data, charset), charset };
}
