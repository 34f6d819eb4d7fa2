import { Type, type Static } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { admission } from '../shared/hl7/admission.ts';
import { readHl7 } from '../shared/hl7/message.ts';
import { dataSteps } from '../shared/hl7/message-data.ts';
import { inTurns } from '../shared/in-turns.ts';
import { checkType, textOf, typesField } from './parse-input.ts';

const Config = Type.Object({ types: typesField }, { additionalProperties: false });
type Config = Static<typeof Config>;

/**
 * Converts HL7 v2 text to data whose paths do not depend on the sender: `data.PID[0].f3[0].c4` is PID-3.4 and
 * `data.PID[0].f3[0].c4s1` is PID-3.4.1. `nodes/shared/hl7/message-data.ts` describes the data.
 */
export default defineNode({
  type: 'hl7.parse',
  major: 2,
  kind: 'action',
  category: 'transform',
  icon: 'file-input',
  text: {
    label: { 'zh-CN': 'HL7 解析', en: 'Parse HL7' },
    help: {
      'zh-CN': '把 HL7 v2 文本解析为数据：data.PID[0].f5[0].c1 即 PID-5.1，c1s1 即 PID-5.1.1，不论对方怎么写；未改动时可逐字节还原。',
      en: 'Converts HL7 v2 text to data: data.PID[0].f5[0].c1 is PID-5.1, and c1s1 is PID-5.1.1, whatever the sender wrote. Unchanged data serialises back byte for byte.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  samples: [admission],
  config: Config,
  upgrade: (old) => old as Config,
  upgradeChanges: [
    {
      'zh-CN': '组件 c1、c2 … 总是文本，有子组件时也是（例如“HIS&1.2.3&ISO”）。',
      en: 'A component c1, c2 … is always text, also if it has subcomponents (“HIS&1.2.3&ISO”).',
    },
    {
      'zh-CN': '子组件的路径由 c4.s1 改为 c4s1；对方没写子组件时 c4s1 也在，等于 c4。读取 c4.s1 的映射、条件和表达式需要更改。',
      en: 'The path of a subcomponent is c4s1 instead of c4.s1. It also exists if the sender wrote no subcomponents; it is then the same as c4. Change mappings, conditions and expressions that read c4.s1.',
    },
    {
      'zh-CN': '空的字段、组件一律省略；每段的 raw 为该段原文（旧版只有个别字段的原文）。',
      en: 'Empty fields and components are always left out. raw of a segment is its whole text; in the old version it had the text of some fields.',
    },
  ],
  prepare: () => async (ctx, message) => {
    const { text, charset } = textOf(message);
    const parsed = readHl7(text);
    checkType(parsed, ctx.config.types);
    const data = await inTurns(dataSteps(parsed), ctx.signal);
    return {
      emit: { ok: [{ ...withData(message, data, 'application/hl7-v2+json'), ...(charset === undefined ? {} : { charset }) }] },
    };
  },
});
