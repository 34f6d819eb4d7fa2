/** The reason why a command cannot run, in words for the user. */
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import type { Command } from '../history/flow-history.ts';

const text = (zhCN: string, en: string): Text => ({ 'zh-CN': zhCN, en });

const REFUSALS = {
  NODE_UNKNOWN: {
    text: text('这个节点已不在流程中。', 'This node is no longer in the flow.'),
    fix: text('请重新选择。', 'Select again.'),
  },
  NODE_TYPE_UNKNOWN: {
    text: text('本系统没有这种节点。', 'This node type does not exist here.'),
    fix: text('请从节点面板中选择。', 'Choose one from the palette.'),
  },
  PORT_UNKNOWN: {
    text: text('节点没有这个端口。', 'The node does not have this port.'),
    fix: text('请连到卡片上显示的端口。', 'Connect a port that the card shows.'),
  },
  NO_INPUT: {
    text: text('没有连线能进入这个节点：流程从它开始。', 'This node has no input: work begins here.'),
    fix: text('请从它的输出端口开始连线。', 'Start at its output port.'),
  },
  NO_OUTPUT: {
    text: text('这个节点之后不能再接其他节点。', 'Nothing can follow this node.'),
    fix: text('请放在分支的末尾。', 'Place it at the end of a branch.'),
  },
  EDGE_SELF: {
    text: text('节点不能连到自己。', 'A node cannot be connected to itself.'),
    fix: text('重复处理请用“逐项处理”。', 'To repeat work, use a for-each node.'),
  },
  EDGE_REPEATED: {
    text: text('这两个端口已经相连。', 'These two ports are already connected.'),
    fix: text('无需再连。', 'There is nothing to do.'),
  },
  EDGE_CYCLE: {
    text: text('这样连会形成环，流程将永远走不完。', 'This connection would create a loop, and the flow would never end.'),
    fix: text('重复处理请用“逐项处理”。', 'To repeat work, use a for-each node.'),
  },
  EDGE_UNKNOWN: {
    text: text('这条连线已不在流程中。', 'This connection is no longer in the flow.'),
    fix: text('请重新选择。', 'Select again.'),
  },
  TOO_LARGE: {
    text: text('一个流程最多 1000 个节点、4000 条连线。', 'A flow can have at most 1,000 nodes and 4,000 connections.'),
    fix: text('请把一部分提取为子流程。', 'Move a part of it into a separate flow.'),
  },
  TOO_MANY: {
    text: text('数量已达上限。', 'The flow already has the maximum number of these.'),
    fix: text('请先删除不需要的。', 'Delete what is no longer needed.'),
  },
  TOO_FEW: {
    text: text('选中的节点太少。', 'Too few nodes are selected.'),
    fix: text('请多选几个。', 'Select more of them.'),
  },
  EXTRACT_ENDS: {
    text: text('触发器和“回复”要留在本流程。', 'Triggers and replies stay in this flow.'),
    fix: text('请取消选中它们。', 'Remove them from the selection.'),
  },
  EXTRACT_WAYS: {
    text: text('选中的节点不止一个入口或出口。', 'The selected nodes have more than one input or output connection, or none.'),
    fix: text('请选一段首尾相连的节点：一条路进，一条路出。', 'Select nodes with one input and one output connection.'),
  },
  EXTRACT_READS: {
    text: text('有配置跨过选区读取了另一边节点的结果。', 'A configuration reads the result of a node on the other side of the selection.'),
    fix: text('请一并选中，或改为从消息中取值。', 'Select that one too, or read it from the message.'),
  },
  VALUE_WRONG: {
    text: text('这个值不符合要求。', 'This value is not allowed here.'),
    fix: text('请按字段的说明修改。', 'Correct it as described in the field’s help.'),
  },
  TEST_UNKNOWN: {
    text: text('这个测试已不在流程中。', 'This test is no longer in the flow.'),
    fix: text('请重新选择。', 'Select again.'),
  },
  CLIPBOARD_UNREADABLE: {
    text: text('剪贴板中没有流程节点。', 'The clipboard contains no nodes of a flow.'),
    fix: text('请先在画布上复制节点。', 'Copy nodes on a canvas first.'),
  },
  CLIPBOARD_TOO_LARGE: {
    text: text('剪贴板中的内容太大。', 'The content of the clipboard is too large.'),
    fix: text('请分几次复制。', 'Copy it in several parts.'),
  },
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal {
  readonly code: RefusalCode;
  readonly text: Text;
  readonly fix: Text;
  readonly node?: string;
  /** The problems of the refused value, with their places. */
  readonly issues?: readonly Issue[];
}

/**
 * The result of a function that makes a command. It contains the command and the ids of what the command creates, or
 * the reason for refusing.
 */
export type Planned<Made = object> = ({ readonly command: Command } & Made) | { readonly refusal: Refusal };

export function refuse(code: RefusalCode, more: Pick<Refusal, 'node' | 'issues'> = {}): { readonly refusal: Refusal } {
  return { refusal: { code, ...REFUSALS[code], ...more } };
}
