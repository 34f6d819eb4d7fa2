/** Icon, word and colour for the states of a node. A state is never shown by colour alone. */
import { CircleCheck, CircleSlash, CircleX, Clock3, Hand, LoaderCircle, type LucideIcon } from 'lucide-react';
import type { RunStatus } from './editor-store.ts';
import { defineTexts } from '../../i18n/texts.ts';

export const RUN_TEXTS = defineTexts({
  completed: ['成功', 'Completed'],
  failed: ['失败', 'Failed'],
  held: ['挂起', 'Held'],
  running: ['运行中', 'Running'],
  waiting: ['等待中', 'Waiting'],
  skipped: ['已跳过', 'Skipped'],
  cancelled: ['已取消', 'Cancelled'],
  'not-reached': ['未到达', 'Not reached'],
});

export const RUN_ICONS: Readonly<Record<Exclude<RunStatus, 'not-reached'>, LucideIcon>> = {
  completed: CircleCheck,
  failed: CircleX,
  held: Hand,
  running: LoaderCircle,
  waiting: Clock3,
  skipped: CircleSlash,
  cancelled: CircleSlash,
};

export const STATE_TEXTS = defineTexts({
  disabled: ['已停用', 'Disabled'],
  loose: ['未接入流程', 'Not connected'],
  unknown: ['未知的节点类型', 'Unknown node type'],
  port: ['端口“{{name}}”', 'Port “{{name}}”'],
  portMissing: ['端口“{{name}}”已不存在', 'The port “{{name}}” no longer exists'],
  problem: ['{{count}} 个问题', '{{count}} {{count|problem|problems}}'],
  problemOne: ['1 个问题', '1 problem'],
  warning: ['{{count}} 个提醒', '{{count}} {{count|warning|warnings}}'],
  warningOne: ['1 个提醒', '1 warning'],
  sample: ['有样例数据', 'Has sample data'],
  rate: ['{{count}}/分', '{{count}}/min'],
  rateFull: ['每分钟 {{count}} 条', '{{count}} {{count|message|messages}} per minute'],
  failures: ['其中 {{count}} 条失败', '{{count}} of them failed'],
  attempt: ['第 {{count}} 次尝试', 'attempt {{count}}'],
});
