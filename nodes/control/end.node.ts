import { Type } from 'typebox';
import { defineNode, inPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

/** Ends the execution with an error that the flow defines. The caller gets its code and text. */
export default defineNode({
  type: 'control.end',
  major: 1,
  kind: 'control',
  role: 'end',
  category: 'control',
  icon: 'circle-stop',
  text: {
    label: { 'zh-CN': '以错误结束', en: 'End with error' },
    help: { 'zh-CN': '以业务错误结束流程，并告知调用方。', en: 'Ends the flow with an error of its own and returns it to the caller.' },
  },
  config: Type.Object(
    {
      code: Type.String({
        ...fieldText('错误码', 'Code', '大写字母、数字和下划线。', 'Capitals, digits and underscores.', { example: 'PATIENT_UNKNOWN' }),
        pattern: '^[A-Z][A-Z0-9_]{2,60}$',
      }),
      message: Type.String({
        ...fieldText('说明', 'Message', '不得含个人信息。', 'Without personal data.'),
        ...fieldEditor('long-text'),
        minLength: 1,
        maxLength: 500,
      }),
      status: Type.Integer({ ...fieldText('状态码', 'Status'), minimum: 400, maximum: 599, default: 422 }),
      kind: Type.Union([Type.Literal('input'), Type.Literal('transient')], {
        ...fieldText('种类', 'Kind', '告诉调用方重试有没有用。', 'Tells the caller whether a retry is useful.', {
          options: {
            input: ['内容有误，重试无用', 'Wrong input: a retry does not help'],
            transient: ['暂时故障，稍后可重试', 'Temporary: can be tried later'],
          },
        }),
        default: 'input',
      }),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: [] },
  prepare: ({ code, kind, message, status }) => {
    // The flow's author wrote the text in one language. It is shown unchanged to users of every language.
    const reject = { code, kind, message, text: { 'zh-CN': message, en: message }, status };
    return () => ({ reject });
  },
});
