import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileContent, compileKey } from '../shared/compile-input.ts';
import { endOf, KeyField, keyWrong, StoreField, TtlField } from './fields.ts';

const Config = Type.Object(
  {
    store: StoreField,
    key: KeyField,
    value: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '值',
          'Value',
          '文本或 JSON，最大 64 KB；不填时为消息的数据。',
          'Text or JSON, at most 64 KB; if left out, the data of the message.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    mode: Type.Union([Type.Literal('if-absent'), Type.Literal('replace')], {
      ...fieldText('已有该键时', 'If the key is there', undefined, undefined, {
        options: {
          'if-absent': ['保留原值（stored 为 false）', 'Keep the value (stored is false)'],
          replace: ['换成新值', 'Replace the value'],
        },
      }),
      default: 'if-absent',
    }),
    ttlSeconds: TtlField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Keeps a value in the state, once per key or as its newest value. */
export default defineNode({
  type: 'state.put',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'archive',
  text: {
    label: { 'zh-CN': '保存状态', en: 'Keep state' },
    help: {
      'zh-CN': '按键保存一个值，到时自动删除；可用来判断某件事是否已经做过。',
      en: 'Keeps a value under a key for some time; also tells whether something was done before.',
    },
    words: '缓存 变量 cache variable',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'idempotent-write',
  config: Config,
  expressions: ['/key/expression', '/value/expression'],
  prepare: ({ store, key, value, mode, ttlSeconds }: Config, build) => {
    const readKey = compileKey(key, build, keyWrong);
    const readValue = compileContent('/value', value, build);
    return async (ctx, message) => {
      const kept = await readValue(ctx.scope);
      const change = { act: ctx.idempotencyKey, ttlMs: ttlSeconds * 1000, mode };
      ctx.signal.throwIfAborted();
      const entry = await ctx.state.put(store, await readKey(ctx.scope), kept, change);
      const data = { stored: entry.stored, value: entry.value, ...endOf(entry) };
      return { emit: { ok: [withData(message, data, 'application/json')] } };
    };
  },
});
