/** The areas of the console. */
import {
  ArrowLeftRight,
  BellRing,
  BookText,
  Cable,
  CircleAlert,
  ClipboardCheck,
  Gauge,
  KeyRound,
  Layers,
  LockKeyhole,
  MessagesSquare,
  Package,
  Puzzle,
  RadioTower,
  Router,
  ScrollText,
  Server,
  ShieldCheck,
  Users,
  Waypoints,
  Workflow,
  type LucideIcon,
} from 'lucide-react';
import type { Permission } from '../../../../engine/contract/access/access.ts';
import { defineTexts } from '../../i18n/texts.ts';

export const AREA_TEXTS = defineTexts({
  overview: ['概览', 'Overview'],
  flows: ['流程', 'Flows'],
  messages: ['消息', 'Messages'],
  held: ['待人工处理', 'Held messages'],
  alarms: ['告警', 'Alarms'],
  interfaces: ['接口与服务', 'Interfaces'],
  calls: ['调用', 'Calls'],
  adapters: ['适配器', 'Adapters'],
  'code-tables': ['代码表', 'Code tables'],
  callers: ['调用方', 'Callers'],
  gateways: ['网关', 'Gateways'],
  brokers: ['消息中间件', 'Message brokers'],
  topics: ['总线主题', 'Bus topics'],
  'flow-data': ['流程数据', 'Flow data'],
  extensions: ['扩展', 'Extensions'],
  security: ['安全', 'Security'],
  secrets: ['凭据', 'Credentials'],
  requests: ['申请', 'Requests'],
  accounts: ['账号', 'Accounts'],
  audit: ['审计', 'Audit'],
  system: ['系统', 'System'],
});

export interface Area {
  readonly path: keyof typeof AREA_TEXTS;
  readonly icon: LucideIcon;
  readonly right: Permission;
}

/** The areas in the order of the navigation. An area is shown to users who have its permission. */
export const AREAS: readonly Area[] = [
  { path: 'overview', icon: Gauge, right: 'system.read' },
  { path: 'flows', icon: Workflow, right: 'flows.read' },
  { path: 'messages', icon: MessagesSquare, right: 'executions.read' },
  { path: 'held', icon: CircleAlert, right: 'executions.read' },
  { path: 'alarms', icon: BellRing, right: 'system.read' },
  { path: 'interfaces', icon: Waypoints, right: 'interfaces.read' },
  { path: 'calls', icon: ArrowLeftRight, right: 'interfaces.read' },
  { path: 'adapters', icon: Cable, right: 'adapters.read' },
  { path: 'code-tables', icon: BookText, right: 'tables.read' },
  { path: 'callers', icon: KeyRound, right: 'callers.read' },
  { path: 'gateways', icon: Router, right: 'interfaces.read' },
  { path: 'brokers', icon: Layers, right: 'brokers.read' },
  { path: 'topics', icon: RadioTower, right: 'system.read' },
  { path: 'flow-data', icon: Package, right: 'executions.read' },
  { path: 'extensions', icon: Puzzle, right: 'system.read' },
  { path: 'security', icon: ShieldCheck, right: 'callers.read' },
  { path: 'secrets', icon: LockKeyhole, right: 'adapters.read' },
  { path: 'requests', icon: ClipboardCheck, right: 'flows.read' },
  { path: 'accounts', icon: Users, right: 'accounts.read' },
  { path: 'audit', icon: ScrollText, right: 'audit.read' },
  { path: 'system', icon: Server, right: 'system.read' },
];
