import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { admission } from '../shared/hl7/admission.ts';
import { formSteps } from '../shared/hl7/form.ts';
import { readHl7 } from '../shared/hl7/message.ts';
import { inTurns } from '../shared/in-turns.ts';
import { checkType, textOf, typesField } from './parse-input.ts';

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
    label: { 'zh-CN': 'HL7 解析（旧版）', en: 'Parse HL7 (old)' },
    help: {
      'zh-CN': '旧版：组件有子组件时是对象，没有时是文本。新流程请用“HL7 解析”。',
      en: 'The old version: a component is an object if it has subcomponents, else text. Use “Parse HL7” in new flows.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  samples: [admission],
  config: Type.Object({ types: typesField }, { additionalProperties: false }),
  prepare: () => async (ctx, message) => {
    const { text, charset } = textOf(message);
    const parsed = readHl7(text);
    checkType(parsed, ctx.config.types);
    const form = await inTurns(formSteps(parsed), ctx.signal);
    return {
      emit: { ok: [{ ...withData(message, form, 'application/hl7-v2+json'), ...(charset === undefined ? {} : { charset }) }] },
    };
  },
});
