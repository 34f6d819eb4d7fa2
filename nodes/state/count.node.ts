import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { compileKey } from '../shared/compile-input.ts';
import { endOf, KeyField, keyWrong, StoreField, TtlField } from './fields.ts';

const Config = Type.Object(
  {
    store: StoreField,
    key: KeyField,
    by: Type.Integer({
      ...fieldText('增加', 'Add', '可为负数；0 只读取计数。', 'May be negative; 0 only reads the counter.'),
      minimum: -1_000_000_000,
      maximum: 1_000_000_000,
      default: 1,
    }),
    ttlSeconds: TtlField,
    renews: Type.Boolean({
      ...fieldText(
        '每次计数重新计时',
        'Each count begins the time again',
        '关闭时，从第一次计数起到时归零。',
        'If off, the counter ends this long after its first count.',
      ),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Adds to a counter of the state, exactly once per step. */
export default defineNode({
  type: 'state.count',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'tally-5',
  text: {
    label: { 'zh-CN': '计数', en: 'Count' },
    help: {
      'zh-CN': '给一个计数器加上一个数；步骤重试时不会重复计数。',
      en: 'Adds to a counter; a step that is retried does not count twice.',
    },
    words: '计数 序号 流水号 counter sequence',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'idempotent-write',
  config: Config,
  expressions: ['/key/expression'],
  prepare: ({ store, key, by, ttlSeconds, renews }: Config, build) => {
    const readKey = compileKey(key, build, keyWrong);
    return async (ctx, message) => {
      const change = { act: ctx.idempotencyKey, ttlMs: ttlSeconds * 1000, renews };
      ctx.signal.throwIfAborted();
      const entry = await ctx.state.add(store, await readKey(ctx.scope), by, change);
      return { emit: { ok: [withData(message, { count: entry.value, ...endOf(entry) }, 'application/json')] } };
    };
  },
});
