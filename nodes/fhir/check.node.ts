import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { inTurns } from '../shared/in-turns.ts';
import { resourceSteps } from './r4/check-resource.ts';

const Config = Type.Object(
  {
    resourceTypes: Type.Array(Type.String({ pattern: '^[A-Z][A-Za-z]{1,50}$' }), {
      ...fieldText('允许的资源类型', 'Allowed types', '空表示不限。', 'Empty: all are allowed.', { example: 'Patient' }),
      default: [],
      maxItems: 150,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Checks a resource, or a Bundle with all it holds, against FHIR R4. */
export default defineNode({
  type: 'fhir.check',
  major: 1,
  kind: 'action',
  category: 'check',
  icon: 'badge-check',
  text: {
    label: { 'zh-CN': 'FHIR 校验', en: 'FHIR check' },
    help: {
      'zh-CN': '按 FHIR R4 检查资源：字段、类型、必填、次数与必须的代码；不符合的从错误出口离开。',
      en: 'Checks a resource against FHIR R4: fields, types, required fields, cardinality and required codes.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  prepare: (config: Config) => async (ctx, message) => {
    const type = (message.data as { readonly resourceType?: unknown } | null)?.resourceType;
    if (config.resourceTypes.length > 0 && !config.resourceTypes.includes(String(type)))
      throw new AppError('FHIR_RESOURCE_WRONG', 'input', `The data is no resource of type ${config.resourceTypes.join(', ')}.`, {
        values: { type: config.resourceTypes.join('、') },
        fix: 'Send one of these types, or extend the list of the node.',
      });
    const problems = await inTurns(resourceSteps(message.data), ctx.signal);
    if (problems.length === 0) return { emit: { ok: [message] } };
    throw new AppError('FHIR_CHECK_FAILED', 'input', `The resource does not fit FHIR R4: ${problems[0]!.text.en}.`, {
      values: { count: problems.length, place: problems[0]!.place },
      issues: problems.map(({ place, text }) => ({
        path: `/${place}`,
        code: 'FHIR_CHECK_FAILED',
        message: text.en,
        severity: 'error',
        text,
      })),
      fix: 'Correct the listed places and send again.',
    });
  },
});
