import { Button } from 'antd';
import { BellOff, Check } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ShownAlarm } from '../../api/operations.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable, type Column, type Filter } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ALARM_TEXTS, AlarmStatusTag, SeverityTag } from './alarm-tags.tsx';
import styles from './alarms.module.css';
import { SilenceDialog } from './silence-dialog.tsx';

const TEXTS = defineTexts({
  label: ['告警', 'Alarms'],
  severity: ['级别', 'Severity'],
  what: ['内容', 'Problem'],
  status: ['状态', 'State'],
  openedAt: ['开始', 'Began'],
  lasted: ['持续', 'Duration'],
  told: ['通知', 'Notified'],
  see: ['查看', 'Open'],
  acknowledge: ['确认', 'Acknowledge'],
  acknowledgeEffect: [
    '“{{what}}”：表示您在处理，不再提醒和升级。',
    '"{{what}}": shows that you are working on it; no more reminders, no escalation.',
  ],
  silence: ['屏蔽', 'Silence'],
  by: ['{{name}} 已确认', 'by {{name}}'],
  nobody: ['未通知', 'Not notified'],
  escalated: ['已升级', 'Escalated'],
  undelivered: ['{{to}} 未送达（{{code}}）', '{{to}} not reached ({{code}})'],
  calm: ['没有告警', 'No alarms'],
  calmNext: [
    '平台每 15 秒检查一次；有异常时会列在这里，并通知接收人。',
    'The platform checks every 15 seconds; problems are listed here, and receivers are notified.',
  ],
});

export function AlarmList() {
  const t = useTexts(TEXTS);
  const text = useText();
  const filters = useFilters();
  const alarms = useListOf('alarms.list', {});
  const [silenced, setSilenced] = useState<ShownAlarm>();
  const columns = useColumns(setSilenced);
  return (
    <>
      <DataTable<ShownAlarm>
        label={t('label')}
        rows={alarms.data?.items}
        rowKey={({ alarmId }) => alarmId}
        searchText={(alarm) => `${text(alarm.label)} ${text(alarm.text)} ${alarm.subject}`}
        filters={filters}
        columns={columns}
        isLoading={alarms.isPending}
        error={alarms.error}
        onRefresh={() => void alarms.refetch()}
        empty={<EmptyState title={t('calm')} next={t('calmNext')} />}
        exportName="alarms"
      />
      {silenced === undefined ? null : <SilenceDialog alarm={silenced} onClose={() => setSilenced(undefined)} />}
    </>
  );
}

function useFilters(): readonly Filter<ShownAlarm>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(ALARM_TEXTS);
  return [
    {
      key: 'status',
      label: t('status'),
      options: (['open', 'acknowledged', 'ended'] as const).map((value) => ({ value, label: words(value) })),
      test: ({ status }, value) => status === value,
    },
    {
      key: 'severity',
      label: t('severity'),
      options: (['critical', 'warning'] as const).map((value) => ({ value, label: words(value) })),
      test: ({ severity }, value) => severity === value,
    },
  ];
}

function useColumns(onSilence: (alarm: ShownAlarm) => void): readonly Column<ShownAlarm>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(ALARM_TEXTS);
  const text = useText();
  const format = useFormat();
  const lasted = ({ openedAt, endedAt = Date.now() }: ShownAlarm) => endedAt - openedAt;
  return [
    {
      key: 'severity',
      title: t('severity'),
      value: ({ severity }) => words(severity),
      render: ({ severity }) => <SeverityTag severity={severity} />,
    },
    {
      key: 'what',
      title: t('what'),
      value: (alarm) => `${text(alarm.label)} ${text(alarm.text)}`,
      render: (alarm) => (
        <div className={styles.what}>
          <strong>{text(alarm.label)}</strong>
          <span>{text(alarm.text)}</span>
          <span className={styles.faint}>{text(alarm.advice)}</span>
          <Link to={alarm.link} aria-label={`${t('see')}: ${text(alarm.text)}`}>
            {t('see')}
          </Link>
        </div>
      ),
    },
    {
      key: 'status',
      title: t('status'),
      value: ({ status }) => words(status),
      render: (alarm) => (
        <div className={styles.stack}>
          <AlarmStatusTag {...alarm} />
          {alarm.acknowledged === undefined ? null : <span className={styles.faint}>{t('by', { name: alarm.acknowledged.by })}</span>}
        </div>
      ),
    },
    {
      key: 'openedAt',
      title: t('openedAt'),
      value: ({ openedAt }) => openedAt,
      render: ({ openedAt }) => <TimeText at={openedAt} />,
    },
    { key: 'lasted', title: t('lasted'), value: lasted, render: (alarm) => format.duration(lasted(alarm)) },
    { key: 'told', title: t('told'), value: ({ toldAt }) => toldAt, render: (alarm) => <Told alarm={alarm} /> },
    {
      key: 'acts',
      title: '',
      width: 120,
      render: (alarm) => <Acts alarm={alarm} what={text(alarm.text)} onSilence={() => onSilence(alarm)} />,
    },
  ];
}

function Told({ alarm: { toldAt, escalatedAt, undelivered } }: { readonly alarm: ShownAlarm }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.stack}>
      {toldAt === undefined ? <span className={styles.faint}>{t('nobody')}</span> : <TimeText at={toldAt} isAgo />}
      {escalatedAt === undefined ? null : <Tag tone="red">{t('escalated')}</Tag>}
      {undelivered === undefined ? null : (
        <Tag tone="amber">{t('undelivered', { to: undelivered.to.join(', '), code: undelivered.code })}</Tag>
      )}
    </div>
  );
}

function Acts({ alarm, what, onSilence }: { readonly alarm: ShownAlarm; readonly what: string; readonly onSilence: () => void }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const acknowledge = useMutationOf('alarms.acknowledge');
  const { alarmId, status } = alarm;
  if (status !== 'open' || !may('alarms.acknowledge')) return null;
  const ask = () =>
    confirm({
      title: t('acknowledge'),
      effect: t('acknowledgeEffect', { what }),
      verb: t('acknowledge'),
      run: () => acknowledge.mutateAsync({ alarmId }),
    });
  return (
    <div className={styles.acts}>
      <Button size="small" type="primary" icon={<Check size={14} />} aria-label={`${t('acknowledge')}: ${what}`} onClick={ask}>
        {t('acknowledge')}
      </Button>
      <Button
        size="small"
        type="text"
        icon={<BellOff size={16} />}
        title={t('silence')}
        aria-label={`${t('silence')}: ${what}`}
        onClick={onSilence}
      />
    </div>
  );
}
