/** The conditions of a search in the audit trail. They are in the address of the page. */
import { DatePicker, Input, Select } from 'antd';
import dayjs from 'dayjs';
import { Calendar, Search } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import listStyles from '../../kit/table/data-table.module.css';
import styles from './audit-page.module.css';

const TEXTS = defineTexts({
  title: ['审计', 'Audit'],
  actor: ['操作人', 'Who'],
  action: ['操作', 'What'],
  subject: ['对象', 'Object'],
  outcome: ['结果', 'Outcome'],
  at: ['时间', 'When'],
  anyAction: ['全部操作', 'Any action'],
  anyObject: ['全部对象', 'Anything'],
  anyOutcome: ['全部结果', 'Any outcome'],
  isDone: ['成功', 'Done'],
  isFailed: ['失败', 'Failed'],
});

export interface Conditions {
  readonly actor?: string;
  readonly action?: string;
  readonly object?: string;
  readonly outcome?: string;
  readonly from?: number;
  readonly to?: number;
}

export function useConditions() {
  const [address, setAddress] = useSearchParams();
  const texts = (['actor', 'action', 'object', 'outcome'] as const).map((name) => [name, address.get(name) ?? undefined] as const);
  const times = (['from', 'to'] as const).map(
    (name) => [name, address.get(name) === null ? undefined : Number(address.get(name))] as const,
  );
  const set = (values: Readonly<Record<string, string | undefined>>) =>
    setAddress(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries(values)) {
          if (value === undefined || value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const query = Object.fromEntries([...texts, ...times].filter(([, value]) => value !== undefined)) as Conditions;
  return { query, set };
}

interface AuditSearchProps extends ReturnType<typeof useConditions> {
  /** Buttons that are shown beside the conditions. */
  readonly actions: ReactNode;
}

export function AuditSearch({ query, set, actions }: AuditSearchProps) {
  const t = useTexts(TEXTS);
  return (
    <div className={listStyles.tools} role="search" aria-label={t('title')}>
      <ObjectChoice value={query.object} onChange={(object) => set({ object })} />
      <Condition label={t('actor')} value={query.actor} onChange={(actor) => set({ actor })} />
      <ActionChoice value={query.action} onChange={(action) => set({ action })} />
      <Choice
        label={t('outcome')}
        all={t('anyOutcome')}
        value={query.outcome}
        options={[
          { value: 'done', label: t('isDone') },
          { value: 'failed', label: t('isFailed') },
        ]}
        onChange={(outcome) => set({ outcome })}
      />
      <DatePicker.RangePicker
        showTime
        aria-label={t('at')}
        suffixIcon={<Calendar size={16} />}
        value={[query.from === undefined ? null : dayjs(query.from), query.to === undefined ? null : dayjs(query.to)]}
        allowEmpty={[true, true]}
        onChange={(range) => set({ from: range?.[0]?.valueOf().toString(), to: range?.[1]?.valueOf().toString() })}
      />
      <div className={listStyles.actions}>{actions}</div>
    </div>
  );
}

interface ConditionProps {
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Edits one condition. The search starts when the user has finished typing, not at every keystroke. */
function Condition({ label, value, onChange }: ConditionProps & { readonly label: string }) {
  const [typed, setTyped] = useState(value ?? '');
  return (
    <Input
      className={styles.condition ?? ''}
      prefix={<Search size={16} />}
      placeholder={label}
      aria-label={label}
      allowClear
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        if (event.target.value === '') onChange('');
      }}
      onBlur={() => onChange(typed.trim())}
      onPressEnter={() => onChange(typed.trim())}
    />
  );
}

interface ChoiceProps extends ConditionProps {
  readonly label: string;
  readonly all: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  return (
    <Select
      className={styles.choice ?? ''}
      aria-label={label}
      placeholder={all}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      popupMatchSelectWidth={false}
      value={value ?? null}
      options={[...options]}
      onChange={(chosen: string | null) => onChange(chosen ?? undefined)}
    />
  );
}

function ActionChoice({ value, onChange }: ConditionProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { data } = useQueryOf('audit.actions', {});
  const options = (data?.items ?? []).map(({ name, text: words }) => ({ value: name, label: text(words) }));
  return <Choice label={t('action')} all={t('anyAction')} value={value} options={options} onChange={onChange} />;
}

function ObjectChoice({ value, onChange }: ConditionProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { data } = useListOf('audit.objects', {});
  const options = (data?.items ?? []).map(({ id, name }) => ({ value: id, label: text(name) === id ? id : `${text(name)} ${id}` }));
  return <Choice label={t('subject')} all={t('anyObject')} value={value} options={options} onChange={onChange} />;
}
