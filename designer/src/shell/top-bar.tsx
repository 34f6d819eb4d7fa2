import { Badge, Button, Dropdown, Tooltip } from 'antd';
import { Bell, BookOpen, ChevronDown, Footprints, Hand, Languages, LogOut, Moon, Search, Sun, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useListOf } from '../api/queries.ts';
import { useGuide } from '../guide/guide-store.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useCommandPalette } from '../kit/page/commands.ts';
import { EnvironmentTag } from './environment-tag.tsx';
import { useLive } from '../api/live.ts';
import { usePreferences } from '../kit/theme/preferences.ts';
import { logout } from './session.tsx';
import { useMay, useMe } from '../session/session-context.ts';
import styles from './top-bar.module.css';

const TEXTS = defineTexts({
  search: ['搜索或执行命令', 'Search or run a command'],
  held: ['{{count}} 条消息等待处理', '{{count}} {{count|message waits|messages wait}} for a decision'],
  alarms: ['{{count}} 条告警未确认', '{{count}} {{count|alarm is|alarms are}} not acknowledged'],
  language: ['Switch to English', '切换为中文'],
  dark: ['深色外观', 'Dark theme'],
  light: ['浅色外观', 'Light theme'],
  account: ['我的账号', 'My account'],
  api: ['接口文档', 'API documentation'],
  guide: ['上手指引', 'Getting started guide'],
  logout: ['退出登录', 'Log out'],
});

/**
 * Polling interval in milliseconds. Control also sends an event for each change, but not while the connection is lost.
 */
const ALARMS_MS = 30_000;

export function TopBar() {
  const t = useTexts(TEXTS);
  const { language, scheme, change } = usePreferences();
  const openPalette = useCommandPalette((palette) => palette.open);
  const other = language === 'zh-CN' ? 'en' : 'zh-CN';
  const isDark = scheme === 'dark';
  return (
    <header className={styles.bar}>
      <EnvironmentTag />
      <button className={styles.search} onClick={openPalette}>
        <Search size={16} />
        <span>{t('search')}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className={styles.tools}>
        <Held />
        <Alarms />
        <Tooltip title={<span lang={other}>{t('language')}</span>}>
          <Button
            type="text"
            lang={other}
            icon={<Languages size={18} />}
            aria-label={t('language')}
            onClick={() => change({ language: other })}
          />
        </Tooltip>
        <Tooltip title={isDark ? t('light') : t('dark')}>
          <Button
            type="text"
            icon={isDark ? <Sun size={18} /> : <Moon size={18} />}
            aria-label={isDark ? t('light') : t('dark')}
            onClick={() => change({ look: isDark ? 'light' : 'dark' })}
          />
        </Tooltip>
        <Person />
      </div>
    </header>
  );
}

/** Shows the number of held messages, with a link to them. */
function Held() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  const [held, setHeld] = useState(0);
  useLive<{ readonly held: number }>('counts', (counts) => setHeld(counts.held));
  if (!may('executions.read')) return null;
  const label = t('held', { count: held });
  return (
    <Tooltip title={label}>
      <Badge count={held} size="small" overflowCount={999} offset={[-6, 6]}>
        <Button type="text" icon={<Hand size={18} />} aria-label={label} onClick={() => void go('/held')} />
      </Badge>
    </Tooltip>
  );
}

/** Shows the number of unacknowledged alarms, with a link to them. */
function Alarms() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  const alarms = useListOf('alarms.list', {}, { enabled: may('system.read'), refetchIntervalMs: ALARMS_MS });
  if (!may('system.read')) return null;
  const count = (alarms.data?.items ?? []).filter(({ status, isSilenced }) => status === 'open' && !isSilenced).length;
  const label = t('alarms', { count });
  return (
    <Tooltip title={label}>
      <Badge count={count} size="small" overflowCount={999} offset={[-6, 6]}>
        <Button type="text" icon={<Bell size={18} />} aria-label={label} onClick={() => void go('/alarms')} />
      </Badge>
    </Tooltip>
  );
}

function Person() {
  const t = useTexts(TEXTS);
  const me = useMe();
  const go = useNavigate();
  const items = [
    { key: 'me', icon: <UserRound size={16} />, label: t('account') },
    { key: 'guide', icon: <Footprints size={16} />, label: t('guide') },
    { key: 'api', icon: <BookOpen size={16} />, label: t('api') },
    { type: 'divider' as const },
    { key: 'logout', icon: <LogOut size={16} />, label: t('logout') },
  ];
  const choose = (key: string) => {
    if (key === 'logout') void logout();
    else if (key === 'guide') {
      useGuide.getState().reopen();
      void go('/flows');
    } else if (key === 'api') window.open('/api/docs', '_blank', 'noopener');
    else void go('/me');
  };
  return (
    <Dropdown trigger={['click']} menu={{ items, onClick: ({ key }) => choose(key) }}>
      <Button type="text" className={styles.person ?? ''}>
        <UserRound size={18} />
        {me.name}
        <ChevronDown size={14} />
      </Button>
    </Dropdown>
  );
}
