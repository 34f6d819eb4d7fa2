import { DatePicker, Input, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { Calendar, KeyRound, Search } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts, type Translate } from '../../i18n/texts.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { STATUS_TEXTS } from '../../kit/feedback/status-tag.tsx';
import styles from './messages-page.module.css';
import { STATUSES, type useConditions } from './use-conditions.ts';
import { useClear } from '../../kit/search/use-clear.ts';

const TEXTS = defineTexts({
  flow: ['流程', 'Flow'],
  adapter: ['适配器', 'Adapter'],
  status: ['状态', 'Status'],
  text: ['消息编号或追踪号', 'Message id or trace id'],
  key: ['业务键名，如 patient', 'Business key, e.g. patient'],
  value: ['业务键的值', 'Its value'],
  from: ['开始时间', 'From'],
  to: ['结束时间', 'To'],
  both: ['键名和值都填上才会查找', 'The search starts when both name and value are entered'],
  noKey: [
    '按业务键（如患者）查找需有查看消息数据的权限',
    'Searching by a business key, such as a patient, requires the right to see the data of messages',
  ],
  hour: ['最近 1 小时', 'Last hour'],
  today: ['今天', 'Today'],
  week: ['最近 7 天', 'Last 7 days'],
});

interface Props extends Pick<ReturnType<typeof useConditions>, 'conditions' | 'set'> {
  /** Shown at the end of the first line. */
  readonly actions: ReactNode;
}

/** Edits the conditions of the search. A condition is used as soon as the user has finished entering it. */
export function MessageSearch({ conditions, set, actions }: Props) {
  const t = useTexts(TEXTS);
  const state = useTexts(STATUS_TEXTS);
  const text = useText();
  const may = useMay();
  const flows = useListOf('flows.list', {}, { enabled: may('flows.read') });
  const adapters = useListOf('adapters.list', {}, { enabled: may('adapters.read') });
  const flowOptions = (flows.data?.items ?? []).map(({ flowId, name }) => ({ value: flowId, label: text(name) }));
  const adapterOptions = (adapters.data?.items ?? []).map(({ adapterId, name }) => ({ value: adapterId, label: text(name) }));
  const { from, to } = conditions;
  return (
    <div className={styles.search} role="search">
      <div className={listStyles.tools}>
        <Typed label={t('text')} icon={<Search size={16} />} value={conditions.text} onChange={(typed) => set({ text: typed })} />
        <Choice label={t('flow')} value={conditions.flow} options={flowOptions} onChange={(flow) => set({ flow })} />
        <Choice
          label={t('status')}
          value={conditions.status}
          options={STATUSES.map((value) => ({ value, label: state(value) }))}
          onChange={(status) => set({ status })}
        />
        <Choice label={t('adapter')} value={conditions.adapter} options={adapterOptions} onChange={(adapter) => set({ adapter })} />
        <div className={listStyles.actions}>{actions}</div>
      </div>
      <div className={listStyles.tools}>
        <DatePicker.RangePicker
          presets={presetsOf(t)}
          showTime
          suffixIcon={<Calendar size={16} />}
          allowEmpty={[true, true]}
          placeholder={[t('from'), t('to')]}
          value={[from === undefined ? null : dayjs(Number(from)), to === undefined ? null : dayjs(Number(to))]}
          onChange={(range) => set({ from: range?.[0]?.valueOf().toString(), to: range?.[1]?.valueOf().toString() })}
        />
        {may('executions.payload') ? (
          <>
            <Typed label={t('key')} icon={<KeyRound size={16} />} value={conditions.key} onChange={(key) => set({ key })} />
            <Typed label={t('value')} value={conditions.value} onChange={(value) => set({ value })} />
          </>
        ) : (
          <span className={styles.hint}>{t('noKey')}</span>
        )}
        {(conditions.key === undefined) === (conditions.value === undefined) ? null : <span className={styles.hint}>{t('both')}</span>}
      </div>
    </div>
  );
}

/** Returns common periods. They end at the end of today, so that messages that arrive later today are listed too. */
function presetsOf(t: Translate<typeof TEXTS>): { label: string; value: [Dayjs, Dayjs] }[] {
  const now = dayjs();
  return [
    { label: t('hour'), value: [now.subtract(1, 'hour'), now.endOf('day')] },
    { label: t('today'), value: [now.startOf('day'), now.endOf('day')] },
    { label: t('week'), value: [now.subtract(7, 'day'), now.endOf('day')] },
  ];
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | undefined) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const clear = useClear();
  return (
    <Select
      className={listStyles.filter ?? ''}
      allowClear={clear}
      showSearch={{ optionFilterProp: 'label' }}
      popupMatchSelectWidth={false}
      placeholder={label}
      aria-label={label}
      value={value ?? null}
      options={[...options]}
      onChange={(next: string | null | undefined) => onChange(next ?? undefined)}
    />
  );
}

interface TypedProps {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

/** Edits one text condition. It is used when the user has finished typing, not at every keystroke. */
export function Typed({ label, icon, value = '', onChange }: TypedProps) {
  const [draft, setDraft] = useState<string>();
  const finish = () => {
    if (draft !== undefined && draft.trim() !== value) onChange(draft.trim());
    setDraft(undefined);
  };
  return (
    <Input
      className={listStyles.search ?? ''}
      prefix={icon}
      placeholder={label}
      aria-label={label}
      allowClear
      autoComplete="off"
      value={draft ?? value}
      onChange={(event) => {
        setDraft(event.target.value);
        if (event.target.value === '') onChange('');
      }}
      onBlur={finish}
      onPressEnter={finish}
    />
  );
}
