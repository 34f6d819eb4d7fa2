import { Type } from 'typebox';
import { defineNode, inPort } from '../../engine/contract/node.ts';
import { fieldText } from '../../engine/contract/texts.ts';

/** Ends the execution with an error of the flow's own: the caller gets its code and text. */
export default defineNode({
  type: 'control.end',
  major: 1,
  kind: 'control',
  role: 'end',
  category: 'control',
  icon: 'circle-stop',
  text: {
    label: { 'zh-CN': '以错误结束', en: 'End with error' },
    help: { 'zh-CN': '以业务错误结束流程，并告知调用方。', en: 'Ends the flow with an error of its own and tells the caller.' },
  },
  config: Type.Object(
    {
      code: Type.String({
        ...fieldText('错误码', 'Code', '例如 PATIENT_UNKNOWN。', 'For example PATIENT_UNKNOWN.'),
        pattern: '^[A-Z][A-Z0-9_]{2,60}$',
      }),
      message: Type.String({ ...fieldText('说明', 'Message', '不得含个人信息。', 'Without personal data.'), minLength: 1, maxLength: 500 }),
      status: Type.Integer({ ...fieldText('状态码', 'Status'), minimum: 400, maximum: 599, default: 422 }),
      kind: Type.Union([Type.Literal('input'), Type.Literal('transient')], {
        ...fieldText(
          '种类',
          'Kind',
          'input：重试无用；transient：稍后可重试。',
          'input: a retry is no use; transient: may be tried later.',
        ),
        default: 'input',
      }),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: [] },
  prepare: (config) => () => ({ reject: { code: config.code, kind: config.kind, message: config.message, status: config.status } }),
});
