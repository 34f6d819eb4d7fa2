/** The page `/alarms`: current and past alarms, rules, receivers and silences. */
import { Tabs } from 'antd';
import { useSearchParams } from 'react-router';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { AlarmList } from './alarm-list.tsx';
import { AlarmReceivers } from './alarm-receivers.tsx';
import { AlarmRules } from './alarm-rules.tsx';
import { AlarmSilences } from './alarm-silences.tsx';

const TEXTS = defineTexts({
  title: ['告警', 'Alarms'],
  help: [
    '平台自己发现的异常。确认表示有人在处理，不再提醒；恢复后自动结束。',
    'Problems that the platform finds. Acknowledging an alarm shows that someone is working on it and ends the reminders; the alarm ends when the problem is over.',
  ],
  list: ['告警', 'Alarms'],
  rules: ['规则', 'Rules'],
  receivers: ['接收人', 'Receivers'],
  silences: ['告警屏蔽', 'Silences'],
});

const TABS = ['list', 'rules', 'receivers', 'silences'] as const;
const PARTS = { list: <AlarmList />, rules: <AlarmRules />, receivers: <AlarmReceivers />, silences: <AlarmSilences /> };

export function AlarmsPage() {
  const t = useTexts(TEXTS);
  const [address, setAddress] = useSearchParams();
  const tab = TABS.find((name) => name === address.get('tab')) ?? 'list';
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <Tabs
        activeKey={tab}
        onChange={(next) => setAddress(next === 'list' ? {} : { tab: next }, { replace: true })}
        destroyOnHidden
        items={TABS.map((name) => ({ key: name, label: t(name), children: PARTS[name] }))}
      />
    </Page>
  );
}
