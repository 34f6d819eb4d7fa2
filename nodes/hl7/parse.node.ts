import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { admission } from '../shared/hl7/admission.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { formSteps } from '../shared/hl7/form.ts';
import { headerField, readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { inTurns } from '../shared/in-turns.ts';

const Config = Type.Object(
  {
    types: Type.Array(Type.String({ ...fieldEditor('hl7-type'), pattern: '^[A-Z0-9]{3}(\\^[A-Z0-9]{3})?$' }), {
      ...fieldText('允许的消息类型', 'Allowed types', '空表示不限。', 'Empty: all are allowed.', { example: 'ADT^A01' }),
      default: [],
      maxItems: 100,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/**
 * Converts HL7 v2 text to data for mappings: `data.PID[0].f5[0].c1` is PID-5.1. `nodes/shared/hl7/form.ts` describes
 * the data.
 */
export default defineNode({
  type: 'hl7.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-input',
  text: {
    label: { 'zh-CN': 'HL7 解析', en: 'Parse HL7' },
    help: {
      'zh-CN': '把 HL7 v2 文本解析为数据，例如 data.PID[0].f5[0].c1 即 PID-5.1；未改动时可逐字节还原。',
      en: 'Converts HL7 v2 text to data: data.PID[0].f5[0].c1 is PID-5.1. Unchanged data serialises back byte for byte.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  samples: [admission],
  config: Config,
  prepare: () => async (ctx, message) => {
    const { text, charset } = textOf(message);
    const parsed = readHl7(text);
    checkType(parsed, ctx.config);
    const form = await inTurns(formSteps(parsed), ctx.signal);
    return {
      emit: { ok: [{ ...withData(message, form, 'application/hl7-v2+json'), ...(charset === undefined ? {} : { charset }) }] },
    };
  },
});

function textOf({ data, charset }: Message): { readonly text: string; readonly charset: string | undefined } {
  if (typeof data === 'string') return { text: data, charset };
  if (data instanceof Uint8Array) return decodeHl7(data, charset);
  throw new AppError('HL7_MALFORMED', 'input', 'The data is neither text nor bytes.', {
    values: { problem: 'input' },
    fix: 'Use this node while the message is still HL7 text.',
  });
}

function checkType(message: Hl7Message, { types }: Config): void {
  const [kind = '', event = ''] = headerField(message, 9).split(message.delimiters.component);
  if (types.length === 0 || types.includes(kind) || types.includes(`${kind}^${event}`)) return;
  throw new AppError('HL7_TYPE_UNEXPECTED', 'input', 'The message has a type that this flow does not accept.', {
    values: { types: types.join('、') },
    fix: `Send one of ${types.join(', ')}, or extend the node's list.`,
  });
}
