import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

/**
 * Runs another published flow inline with this message and continues with its reply. The idempotency keys of the called
 * flow derive from this node's key. Only one intent is stored for all writes of the called flow: the intent of this
 * node. The call is refused if the called flow has a stronger effect than this node declares.
 */
export default defineNode({
  type: 'flow.call',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'workflow',
  text: {
    label: { 'zh-CN': '调用子流程', en: 'Call a flow' },
    help: {
      'zh-CN': '用当前消息运行另一个已发布的流程，并取得其回复。',
      en: 'Runs another published flow with this message and returns its reply.',
    },
    words: '子流程 subflow',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: (config) => config.effect,
  config: Type.Object(
    {
      flowId: Type.String({
        ...fieldText('流程', 'Flow', '被调用的已发布流程。', 'The published flow to run.'),
        ...fieldEditor('flow'),
        pattern: '^flw_[A-Za-z0-9_-]{1,60}$',
      }),
      effect: Type.Union([Type.Literal('read'), Type.Literal('idempotent-write'), Type.Literal('write')], {
        ...fieldText('对外影响', 'Effect', '被调用流程最多做什么。', 'The strongest effect that the called flow may have.', {
          options: {
            read: ['只读', 'Reads only'],
            'idempotent-write': ['写入，重复执行等于一次', 'Writes, idempotent'],
            write: ['写入，重复执行就是两次（结果不明时挂起）', 'Writes, not idempotent (held if the outcome is unknown)'],
          },
        }),
        default: 'write',
      }),
    },
    { additionalProperties: false },
  ),
  prepare: (config) => async (ctx, message) => {
    const reply = await ctx.callFlow(config.flowId, message);
    return { emit: { ok: [{ ...reply, lineage: message.lineage }] } };
  },
});
