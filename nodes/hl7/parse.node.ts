import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type NodeContext } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { admission } from '../shared/hl7/admission.ts';
import { checkSteps, type Hl7Problem } from '../shared/hl7/check-message.ts';
import { HL7_VERSIONS } from '../shared/hl7/dictionary.ts';
import { readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { dataSteps } from '../shared/hl7/message-data.ts';
import { inTurns } from '../shared/in-turns.ts';
import { checkType, textOf, typesField } from './parse-input.ts';

const Config = Type.Object(
  {
    types: typesField,
    check: Type.Union([Type.Literal('off'), Type.Literal('warn'), Type.Literal('refuse')], {
      ...fieldText(
        '按标准检查',
        'Check by the standard',
        '按版本字典检查段、字段、长度、重复次数与格式；Z 段不检查。提示时问题列在 data.problems 中。',
        'Checks segments, fields, lengths, repetitions and formats by the dictionary of the version; Z segments are not checked. With a warning, data.problems lists the problems.',
        { options: { off: ['不检查', 'No'], warn: ['提示', 'Warn'], refuse: ['拒绝', 'Refuse'] } },
      ),
      default: 'off',
    }),
    version: Type.Optional(
      Type.Union(
        HL7_VERSIONS.map((version) => Type.Literal(version)),
        fieldText('版本', 'Version', '检查所用的版本；不填时按 MSH-12。', 'The version to check by; MSH-12 if empty.'),
      ),
    ),
  },
  { additionalProperties: false },
);
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
      en: 'Converts HL7 v2 text to data: data.PID[0].f5[0].c1 is PID-5.1, and c1s1 is PID-5.1.1, with and without subcomponents in the message. Unchanged data serialises back byte for byte.',
    },
    words: 'ADT ORM ORU v2',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  samples: [admission],
  config: Config,
  upgrade: (old) => ({ ...(old as { types: string[] }), check: 'off' as const }),
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
    const problems = await problemsOf(parsed, ctx);
    const data = await inTurns(dataSteps(parsed), ctx.signal);
    return {
      emit: {
        ok: [
          {
            ...withData(message, problems.length === 0 ? data : { ...data, problems }, 'application/hl7-v2+json'),
            ...(charset === undefined ? {} : { charset }),
          },
        ],
      },
    };
  },
});

/** Returns the problems to list in the data. Throws HL7_CHECK_FAILED (input) if the node refuses messages with problems. */
async function problemsOf(message: Hl7Message, { config, signal, log }: NodeContext<Config>): Promise<readonly Hl7Problem[]> {
  if (config.check === 'off') return [];
  const problems = await inTurns(checkSteps(message, config.version), signal);
  if (problems.length === 0) return [];
  if (config.check === 'refuse')
    throw new AppError('HL7_CHECK_FAILED', 'input', `The message does not fit the HL7 standard: ${problems[0]!.text.en}.`, {
      values: { count: problems.length, place: problems[0]!.place },
      issues: problems.map(({ place, text }) => ({
        path: `/${place}`,
        code: 'HL7_CHECK_FAILED',
        message: text.en,
        severity: 'error',
        text,
      })),
      fix: 'Let the sender correct the listed places, or let the node only warn.',
    });
  log.warn('hl7.check', { problems: problems.length, first: problems[0]!.place });
  return problems;
}
