import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { requireOneMessage } from '../shared/hl7/require-one.ts';
import { inTurns } from '../shared/in-turns.ts';

/** Converts data to HL7 v2 text. The data comes from `hl7.parse` or is built by a mapping. */
export default defineNode({
  type: 'hl7.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-output',
  text: {
    label: { 'zh-CN': 'HL7 生成', en: 'Serialise HL7' },
    help: {
      'zh-CN': '把数据写成 HL7 v2 文本；未改动的字段与原文逐字节相同。',
      en: 'Writes data as HL7 v2 text; unchanged fields stay exactly as received, byte for byte.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object({}, { additionalProperties: false }),
  prepare: () => async (ctx, message) => {
    const text = requireOneMessage(await inTurns(textSteps(message.data), ctx.signal));
    return { emit: { ok: [withData(message, text, 'application/hl7-v2')] } };
  },
});
