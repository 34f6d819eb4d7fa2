import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node.ts';
import { fieldText } from '../../engine/contract/texts.ts';

/** Runs another published flow inline with this message and goes on with its reply. Its keys derive from this node's, so a retry repeats nothing. */
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
      en: 'Runs another published flow with this message and takes its reply.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'idempotent-write',
  config: Type.Object(
    {
      flowId: Type.String({
        ...fieldText('流程', 'Flow', '被调用的已发布流程。', 'The published flow to run.'),
        pattern: '^flw_[A-Za-z0-9_-]{1,60}$',
      }),
    },
    { additionalProperties: false },
  ),
  prepare: (config) => async (ctx, message) => {
    const reply = await ctx.callFlow(config.flowId, message);
    return { emit: { ok: [{ ...reply, lineage: message.lineage }] } };
  },
});
