/** The name of each command in the history list and beside undo and redo. */
import type { Text } from '../../../../engine/contract/values/texts.ts';

const text = (zhCN: string, en: string): Text => ({ 'zh-CN': zhCN, en });

export const COMMAND_TEXTS = {
  'node.add': text('添加节点', 'Add a node'),
  'node.insert': text('插入节点', 'Insert a node'),
  'node.remove': text('删除', 'Delete'),
  'node.bypass': text('绕过节点', 'Bypass a node'),
  'node.replace': text('更换节点类型', 'Change the node type'),
  'node.label': text('重命名节点', 'Rename a node'),
  'node.config': text('修改配置', 'Change the configuration'),
  'node.handling': text('修改处理方式', 'Change the handling'),
  'node.adapter': text('选择适配器', 'Choose an adapter'),
  'node.disabled': text('停用或启用', 'Disable or enable'),
  'node.move': text('移动', 'Move'),
  'node.align': text('对齐', 'Align'),
  'edge.connect': text('连线', 'Connect'),
  'edge.reconnect': text('改接连线', 'Reconnect'),
  'edge.remove': text('删除连线', 'Delete a connection'),
  'flow.settings': text('修改流程设置', 'Change the flow’s settings'),
  'flow.replace': text('换成另一版本', 'Use another version'),
  'flow.begin': text('从服务描述开始', 'Start from a description'),
  'flow.extract': text('提取为子流程', 'Extract a flow'),
  'flow.layout': text('自动布局', 'Arrange automatically'),
  'test.add': text('添加测试', 'Add a test'),
  'test.change': text('修改测试', 'Change a test'),
  'test.remove': text('删除测试', 'Delete a test'),
  'test.rename': text('重命名测试', 'Rename a test'),
  'note.add': text('添加便签', 'Add a note'),
  'note.change': text('修改便签', 'Change a note'),
  'group.add': text('成组', 'Group'),
  'group.change': text('修改分组', 'Change a group'),
  'group.remove': text('取消分组', 'Ungroup'),
  paste: text('粘贴', 'Paste'),
  duplicate: text('复制一份', 'Duplicate'),
} as const satisfies Readonly<Record<string, Text>>;

export type CommandName = keyof typeof COMMAND_TEXTS;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_TEXTS, name);
}
