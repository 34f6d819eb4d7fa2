import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, inPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileInput } from '../shared/compile-input.ts';

/**
 * Runs the nodes after `each` once per item. When all items are done, the engine sends the results through `done`, in
 * the order of the items. This is the only node type that emits several messages on one port.
 */
export default defineNode({
  type: 'control.for-each',
  major: 1,
  kind: 'control',
  role: 'for-each',
  category: 'control',
  icon: 'repeat',
  text: {
    label: { 'zh-CN': '逐项处理', en: 'For each' },
    help: {
      'zh-CN': '对列表中的每一项各执行一次，全部完成后按原顺序汇总。',
      en: 'Runs once per item of a list, then gathers the results in order.',
    },
    words: '循环 遍历 逐条 loop',
  },
  config: Type.Object(
    {
      items: Type.Union(Operand.anyOf, {
        ...fieldText('列表', 'Items', '要逐项处理的列表。', 'The list to iterate over.', { example: 'data.orders' }),
        ...fieldEditor('operand'),
      }),
      concurrency: Type.Integer({
        ...fieldText('并发数', 'Concurrency', '同时处理的项数。', 'Items processed at the same time.'),
        minimum: 1,
        maximum: 100,
        default: 4,
      }),
      limit: Type.Integer({
        ...fieldText('最多项数', 'Limit', '超过则报错。', 'More items are an error.'),
        minimum: 1,
        maximum: 100_000,
        default: 10_000,
      }),
      onItemError: Type.Union([Type.Literal('fail'), Type.Literal('keep')], {
        ...fieldText('某项出错时', 'When an item fails', undefined, undefined, {
          options: { fail: ['整体失败', 'All fails'], keep: ['记下错误，继续其余各项', 'Record the error and continue'] },
        }),
        default: 'fail',
      }),
    },
    { additionalProperties: false },
  ),
  ports: {
    in: [inPort],
    out: [
      { name: 'each', label: { 'zh-CN': '每一项', en: 'Each' } },
      { name: 'done', label: { 'zh-CN': '完成', en: 'Done' } },
    ],
  },
  expressions: ['/items/expression'],
  prepare(config, build) {
    const readItems = compileInput('/items', config.items, build);
    return async (ctx, message) => {
      const found = await readItems(ctx.scope);
      const items: readonly unknown[] = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
      if (items.length > config.limit) {
        throw new AppError('FOREACH_TOO_MANY', 'input', `The list has ${items.length} items; at most ${config.limit} are allowed here.`, {
          values: { items: items.length, limit: config.limit },
          fix: 'Raise the limit of the node, or send fewer items at a time.',
        });
      }
      return { emit: { each: items.map((item) => withData(message, item, 'application/json')) } };
    };
  },
});
