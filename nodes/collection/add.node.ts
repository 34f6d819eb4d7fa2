import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { CollectionField } from './collection-field.ts';
import { compileContent, compileKey } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    collection: CollectionField,
    key: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '分组键',
          'Key',
          '键相同的数据汇集到一组，例如医院代码；不填时全部为一组。文本或数字，最长 500 个字符，加密保存。',
          'Items with the same key are grouped, for example by hospital; without it, all are. Text or number, at most 500 characters, kept encrypted.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    value: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText('加入的值', 'Item', '文本或 JSON；不填时为消息的数据。', 'Text or JSON; if left out, the data of the message.'),
        ...fieldEditor('operand'),
      }),
    ),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Adds an item to a collection, exactly once per step. */
export default defineNode({
  type: 'collection.add',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'package-plus',
  text: {
    label: { 'zh-CN': '加入汇集', en: 'Add to collection' },
    help: {
      'zh-CN': '把数据加入汇集；数量、大小或时间到达后，以“汇集完成”开头的流程一次收到整组。',
      en: 'Adds data to a collection; a flow that begins with “Collected group” gets a whole group by count, size or time.',
    },
    words: '合并 汇总 聚合 攒批 merge aggregate batch',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'idempotent-write',
  config: Config,
  expressions: ['/key/expression', '/value/expression'],
  prepare: ({ collection, key, value }: Config, build) => {
    const readKey = key === undefined ? () => '' : compileKey(key, build, keyWrong);
    const readValue = compileContent('/value', value, build);
    return async (ctx, message) => {
      const item = await readValue(ctx.scope);
      const keyText = await readKey(ctx.scope);
      ctx.signal.throwIfAborted();
      const waiting = await ctx.collections.add(collection, keyText, item, { act: ctx.idempotencyKey });
      return { emit: { ok: [withData(message, { collection, waiting }, 'application/json')] } };
    };
  },
});

function keyWrong(): AppError {
  return new AppError('COLLECTION_KEY', 'input', 'The key of the collection is neither a text nor a number.', {
    values: { problem: 'type' },
    fix: 'Correct the path of the key, or check the message before this node.',
  });
}
