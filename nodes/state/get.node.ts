import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { compileKey } from '../shared/compile-input.ts';
import { endOf, KeyField, keyWrong, StoreField } from './fields.ts';

const Config = Type.Object({ store: StoreField, key: KeyField }, { additionalProperties: false });
type Config = Static<typeof Config>;

/** Reads an entry of the state. */
export default defineNode({
  type: 'state.get',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'archive-restore',
  text: {
    label: { 'zh-CN': '读取状态', en: 'Read state' },
    help: { 'zh-CN': '读取流程先前保存的一个值。', en: 'Reads a value that a flow kept before.' },
    words: '缓存 变量 cache variable',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'read',
  config: Config,
  expressions: ['/key/expression'],
  prepare: ({ store, key }: Config, build) => {
    const readKey = compileKey(key, build, keyWrong);
    return async (ctx, message) => {
      ctx.signal.throwIfAborted();
      const entry = await ctx.state.get(store, await readKey(ctx.scope));
      const data = entry === undefined ? { found: false } : { found: true, value: entry.value, ...endOf(entry) };
      return { emit: { ok: [withData(message, data, 'application/json')] } };
    };
  },
});
