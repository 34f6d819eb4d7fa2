import { Menu, Tooltip } from 'antd';
import {
  BellRing,
  BookText,
  Cable,
  CircleAlert,
  ClipboardCheck,
  Gauge,
  KeyRound,
  LockKeyhole,
  MessagesSquare,
  PanelLeftClose,
  PanelLeftOpen,
  ScrollText,
  Server,
  Users,
  Waypoints,
  Workflow,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { Permission } from '../../../engine/contract/access/access.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './navigation.module.css';
import { usePreferences } from '../kit/theme/preferences.ts';
import { useMay } from './session.tsx';

export const AREA_TEXTS = defineTexts({
  overview: ['概览', 'Overview'],
  flows: ['流程', 'Flows'],
  messages: ['消息', 'Messages'],
  held: ['待人工处理', 'Held messages'],
  alarms: ['告警', 'Alarms'],
  interfaces: ['接口与服务', 'Interfaces'],
  adapters: ['适配器', 'Adapters'],
  'code-tables': ['代码表', 'Code tables'],
  callers: ['调用方', 'Callers'],
  secrets: ['凭据', 'Credentials'],
  requests: ['申请', 'Requests'],
  accounts: ['账号', 'Accounts'],
  audit: ['审计', 'Audit'],
  system: ['系统', 'System'],
});

const TEXTS = defineTexts({
  product: ['康桥', 'Kangqiao'],
  main: ['主导航', 'Main navigation'],
  fold: ['收起导航', 'Fold the navigation'],
  unfold: ['展开导航', 'Unfold the navigation'],
});

export interface Area {
  readonly path: keyof typeof AREA_TEXTS;
  readonly icon: LucideIcon;
  readonly right: Permission;
}

/** In the order of the navigation; an area is shown to who may read it. */
export const AREAS: readonly Area[] = [
  { path: 'overview', icon: Gauge, right: 'system.read' },
  { path: 'flows', icon: Workflow, right: 'flows.read' },
  { path: 'messages', icon: MessagesSquare, right: 'executions.read' },
  { path: 'held', icon: CircleAlert, right: 'executions.read' },
  { path: 'alarms', icon: BellRing, right: 'system.read' },
  { path: 'interfaces', icon: Waypoints, right: 'interfaces.read' },
  { path: 'adapters', icon: Cable, right: 'adapters.read' },
  { path: 'code-tables', icon: BookText, right: 'tables.read' },
  { path: 'callers', icon: KeyRound, right: 'callers.read' },
  { path: 'secrets', icon: LockKeyhole, right: 'adapters.read' },
  { path: 'requests', icon: ClipboardCheck, right: 'flows.read' },
  { path: 'accounts', icon: Users, right: 'accounts.read' },
  { path: 'audit', icon: ScrollText, right: 'audit.read' },
  { path: 'system', icon: Server, right: 'system.read' },
];

export function Navigation() {
  const t = useTexts(TEXTS);
  const area = useTexts(AREA_TEXTS);
  const may = useMay();
  const go = useNavigate();
  const { pathname } = useLocation();
  const { isNavigationFolded, change } = usePreferences();
  // A canvas needs the room; there the navigation unfolds for the moment only.
  const isCanvas = /^\/(flows|messages)\/./.test(pathname);
  const [isUnfoldedHere, setUnfoldedHere] = useState(false);
  const isFolded = isCanvas ? !isUnfoldedHere : isNavigationFolded;
  const fold = () => (isCanvas ? setUnfoldedHere(isFolded) : change({ isNavigationFolded: !isFolded }));
  useEffect(() => setUnfoldedHere(false), [pathname]);
  const Fold = isFolded ? PanelLeftOpen : PanelLeftClose;
  const foldText = isFolded ? t('unfold') : t('fold');
  return (
    <nav className={isFolded ? `${styles.navigation} ${styles.folded}` : styles.navigation} aria-label={t('main')}>
      <div className={styles.brand}>
        <img src="/icon.svg" alt="" width={28} height={28} />
        {isFolded ? null : <span>{t('product')}</span>}
      </div>
      <Menu
        className={styles.menu ?? ''}
        mode="inline"
        inlineCollapsed={isFolded}
        selectedKeys={[pathname.split('/')[1] ?? '']}
        items={AREAS.filter(({ right }) => may(right)).map(({ path, icon: Icon }) => ({
          key: path,
          icon: <Icon size={18} />,
          label: area(path),
        }))}
        onClick={({ key }) => void go(`/${key}`)}
      />
      <Tooltip title={isFolded ? foldText : ''} placement="right">
        <button className={styles.fold} onClick={fold} aria-label={foldText}>
          <Fold size={18} />
          {isFolded ? null : <span>{foldText}</span>}
        </button>
      </Tooltip>
    </nav>
  );
}
