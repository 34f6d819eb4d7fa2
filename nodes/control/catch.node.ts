import { Type } from 'typebox';
import type { ErrorRecord } from '../../engine/contract/values/errors.ts';
import { defineNode, outPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';

const Kind = Type.Union([Type.Literal('input'), Type.Literal('transient'), Type.Literal('unknown-outcome'), Type.Literal('bug')]);

/**
 * Catches errors of nodes that have no error path. It emits a message with the data `{ error, node, data }`. The
 * configuration may name the codes and kinds of errors to catch. Any other error propagates as if there were no catch
 * node.
 */
export default defineNode({
  type: 'control.catch',
  major: 1,
  kind: 'control',
  role: 'catch',
  category: 'control',
  icon: 'shield-alert',
  text: {
    label: { 'zh-CN': '捕获错误', en: 'Catch errors' },
    help: { 'zh-CN': '接住没有单独错误出口的节点所出的错误。', en: 'Handles the errors of nodes that have no error path of their own.' },
    words: '异常 出错 try exception',
  },
  config: Type.Object(
    {
      codes: Type.Optional(
        Type.Array(Type.String({ maxLength: 100 }), {
          ...fieldText('错误码', 'Codes', '为空表示全部。', 'Empty: all codes.', { example: 'MLLP_ACK_TIMEOUT' }),
          maxItems: 100,
        }),
      ),
      kinds: Type.Optional(
        Type.Array(Kind, {
          ...fieldText('错误种类', 'Kinds', '为空表示全部。', 'Empty: all kinds.', {
            options: {
              input: ['内容有误', 'Wrong input'],
              transient: ['暂时故障', 'Temporary failure'],
              'unknown-outcome': ['结果不明', 'Unknown outcome'],
              bug: ['程序缺陷', 'Defect'],
            },
          }),
          maxItems: 4,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  ports: { in: [], out: [outPort] },
  prepare: (config) => (_ctx, message) => {
    const { error } = message.data as { readonly error: ErrorRecord };
    const isNamed = isIn(config.codes, error.code) && isIn(config.kinds, error.kind);
    return isNamed ? { emit: { out: [message] } } : { reject: error };
  },
});

function isIn<T>(list: readonly T[] | undefined, value: T): boolean {
  return list === undefined || list.length === 0 || list.includes(value);
}
