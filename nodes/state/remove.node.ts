import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { compileKey } from '../shared/compile-input.ts';
import { KeyField, keyWrong, StoreField } from './fields.ts';

const Config = Type.Object({ store: StoreField, key: KeyField }, { additionalProperties: false });
type Config = Static<typeof Config>;

/** Removes an entry of the state. */
export default defineNode({
  type: 'state.remove',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'archive-x',
  text: {
    label: { 'zh-CN': '删除状态', en: 'Remove state' },
    help: { 'zh-CN': '删除先前保存的一个值或计数。', en: 'Removes a value or counter that was kept before.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'idempotent-write',
  config: Config,
  expressions: ['/key/expression'],
  prepare: ({ store, key }: Config, build) => {
    const readKey = compileKey(key, build, keyWrong);
    return async (ctx, message) => {
      ctx.signal.throwIfAborted();
      const removed = await ctx.state.remove(store, await readKey(ctx.scope), { act: ctx.idempotencyKey });
      return { emit: { ok: [withData(message, { removed }, 'application/json')] } };
    };
  },
});
