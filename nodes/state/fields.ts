/** Fields of the state nodes. */
import { Type } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

const DAY_SECONDS = 86_400;

export const StoreField = Type.String({
  ...fieldText(
    '存储名称',
    'Store',
    '本域的流程按名称共用一个存储；其他域的同名存储是另一个。',
    'Flows of the same domain share a store by its name; a store of another domain is another one.',
    { example: 'sent-reports' },
  ),
  pattern: '^[a-z][a-z0-9-]{0,62}$',
  default: 'default',
});

export const KeyField = Type.Union(Operand.anyOf, {
  ...fieldText(
    '键',
    'Key',
    '文本或数字，最长 500 个字符。键和值都加密保存。',
    'Text or number, at most 500 characters. Keys and values are kept encrypted.',
    {
      example: 'data.reportId',
    },
  ),
  ...fieldEditor('operand'),
  default: { path: 'data.id' },
});

export const TtlField = Type.Integer({
  ...fieldText('保留时间（秒）', 'Kept for (seconds)', '到时自动删除；最长 400 天。', 'Removed by itself afterwards; at most 400 days.'),
  minimum: 1,
  maximum: 400 * DAY_SECONDS,
  default: DAY_SECONDS,
});

/** The error if a key is neither a text nor a number. */
export function keyWrong(): AppError {
  return new AppError('STATE_KEY', 'input', 'The key of the state is neither a text nor a number.', {
    values: { problem: 'type' },
    fix: 'Correct the path of the key, or check the message before this node.',
  });
}

/** What a node emits of an end: an ISO time. */
export function endOf({ expiresAt }: { readonly expiresAt: number }): { readonly expiresAt: string } {
  return { expiresAt: new Date(expiresAt).toISOString() };
}
