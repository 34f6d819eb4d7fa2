import { Button, InputNumber, Select, Skeleton, Switch, Table } from 'antd';
import { Save } from 'lucide-react';
import type { AlarmRuleName, AlarmSettings, AlarmSettingsAnswer } from '../../api/operations.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { useLeaveGuard } from '../../kit/page/use-leave-guard.ts';
import { ALARM_TEXTS } from './alarm-tags.tsx';
import styles from './alarms.module.css';
import { useAlarmSettings } from './use-alarm-settings.ts';

const TEXTS = defineTexts({
  rules: ['规则', 'Rules'],
  on: ['启用', 'On'],
  rule: ['规则', 'Rule'],
  bound: ['界限', 'Bound'],
  severity: ['级别', 'Severity'],
  save: ['保存', 'Save'],
  changed: ['有未保存的修改', 'Unsaved changes'],
  readOnly: ['只读', 'Read only'],
  telling: ['提醒与升级', 'Reminders and escalation'],
  repeat: ['同一告警最多每', 'Repeat the same alarm at most every'],
  repeatEnd: ['分钟提醒一次', 'minutes'],
  escalate: ['无人确认时，过', 'Not acknowledged: notify the second group after'],
  escalateEnd: ['分钟升级给第二组', 'minutes'],
  boundOf: ['{{rule}}的界限', 'Threshold of {{rule}}'],
  severityOf: ['{{rule}}的级别', 'Severity of {{rule}}'],
  onOf: ['启用{{rule}}', 'Turn on {{rule}}'],
});

type Rule = AlarmSettingsAnswer['rules'][number];

export function AlarmRules() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { query, settings, isChanged, change, isSaving, error, reload, save } = useAlarmSettings();
  const mayEdit = may('alarms.edit');
  useLeaveGuard(isChanged && !isSaving);
  if (query.error !== null) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  if (settings === undefined || query.data === undefined) return <Skeleton active paragraph={{ rows: 8 }} />;
  const state = !mayEdit ? <Tag tone="grey">{t('readOnly')}</Tag> : isChanged ? <Tag tone="amber">{t('changed')}</Tag> : null;
  const button = mayEdit ? (
    <Button
      type="primary"
      icon={<Save size={16} />}
      disabled={!isChanged}
      loading={isSaving}
      onClick={() => void save(settings).catch(() => undefined)}
    >
      {t('save')}
    </Button>
  ) : null;
  return (
    <div className={styles.panels}>
      <SaveProblem error={error} onReload={() => void reload()} />
      <Panel
        title={t('rules')}
        extra={
          <>
            {state}
            {button}
          </>
        }
      >
        <RuleTable rules={query.data.rules} settings={settings} isReadOnly={!mayEdit} onChange={change} />
      </Panel>
      <Panel title={t('telling')}>
        <div className={styles.telling}>
          {(['repeat', 'escalate'] as const).map((name) => (
            <label key={name}>
              <span>{t(name)}</span>
              <InputNumber
                controls={false}
                min={1}
                max={10_080}
                precision={0}
                disabled={!mayEdit}
                value={settings[`${name}Minutes`]}
                onChange={(value) => (value === null ? undefined : change({ ...settings, [`${name}Minutes`]: value }))}
              />
              <span>{t(`${name}End`)}</span>
            </label>
          ))}
        </div>
      </Panel>
    </div>
  );
}

interface RuleTableProps {
  readonly rules: readonly Rule[];
  readonly settings: AlarmSettings;
  readonly isReadOnly: boolean;
  readonly onChange: (settings: AlarmSettings) => void;
}

function RuleTable({ rules, settings, isReadOnly, onChange }: RuleTableProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(ALARM_TEXTS);
  const text = useText();
  const set = (rule: AlarmRuleName, change: Partial<AlarmSettings['rules'][AlarmRuleName]>) =>
    onChange({ ...settings, rules: { ...settings.rules, [rule]: { ...settings.rules[rule], ...change } } });
  return (
    <Table<Rule>
      aria-label={t('rules')}
      size="small"
      rowKey="rule"
      pagination={false}
      dataSource={[...rules]}
      columns={[
        {
          title: t('on'),
          width: 72,
          render: (_value, { rule, label }) => (
            <Switch
              size="small"
              disabled={isReadOnly}
              checked={settings.rules[rule].on}
              aria-label={t('onOf', { rule: text(label) })}
              onChange={(on) => set(rule, { on })}
            />
          ),
        },
        {
          title: t('rule'),
          render: (_value, { label, help }) => (
            <div className={styles.rule}>
              <strong>{text(label)}</strong>
              <span className={styles.faint}>{text(help)}</span>
            </div>
          ),
        },
        {
          title: t('bound'),
          width: 220,
          render: (_value, { rule, label, unit, least, most }) => (
            <span className={styles.bound}>
              <InputNumber
                controls={false}
                min={least}
                max={most}
                precision={0}
                disabled={isReadOnly || !settings.rules[rule].on}
                aria-label={t('boundOf', { rule: text(label) })}
                value={settings.rules[rule].bound}
                onChange={(bound) => (bound === null ? undefined : set(rule, { bound }))}
              />
              {text(unit)}
            </span>
          ),
        },
        {
          title: t('severity'),
          width: 160,
          render: (_value, { rule, label }) => (
            <Select
              className={styles.severity ?? ''}
              disabled={isReadOnly || !settings.rules[rule].on}
              aria-label={t('severityOf', { rule: text(label) })}
              value={settings.rules[rule].severity}
              options={(['critical', 'warning'] as const).map((value) => ({ value, label: words(value) }))}
              onChange={(severity: 'critical' | 'warning') => set(rule, { severity })}
            />
          ),
        },
      ]}
    />
  );
}
