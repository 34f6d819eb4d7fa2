/** Fields of the state nodes. */
import { Type } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { compileOperand } from '../../engine/contract/flow/scope-path.ts';
import type { BuildContext, Scope } from '../../engine/contract/node/node.ts';
import { atField } from '../../engine/contract/values/at-field.ts';
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

/** Compiles the key. The function rejects with STATE_KEY (input) if there is no text or number. */
export function compileKey(key: Operand, build: BuildContext): (scope: Scope) => Promise<string> {
  const read = atField('/key', () => compileOperand(key, (text) => build.compileExpression(text)));
  return async (scope) => {
    const value = await read(scope);
    if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
    throw new AppError('STATE_KEY', 'input', 'The key of the state is neither a text nor a number.', {
      values: { problem: 'type' },
      fix: 'Correct the path of the key, or check the message before this node.',
    });
  };
}

/** What a node emits of an end: an ISO time. */
export function endOf({ expiresAt }: { readonly expiresAt: number }): { readonly expiresAt: string } {
  return { expiresAt: new Date(expiresAt).toISOString() };
}
