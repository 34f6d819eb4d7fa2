import { DatePicker, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { Calendar, Search } from 'lucide-react';
import type { ReactNode } from 'react';
import { FRONTS } from '../../../../engine/contract/access/access.ts';
import { listGatewayErrors } from '../../../../gateways/errors.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { defineTexts, useTexts, type Translate } from '../../i18n/texts.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { useClear } from '../../kit/search/use-clear.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { Typed } from '../messages/message-search.tsx';
import { OUTCOME_TEXTS } from './call-result.tsx';
import styles from './calls.module.css';
import { OUTCOMES, type useCallConditions } from './use-call-conditions.ts';
import { useNames, type Named } from './use-names.ts';

const TEXTS = defineTexts({
  traceStart: ['追踪号（至少前 8 位）', 'Trace id (first 8 or more)'],
  interface: ['接口', 'Interface'],
  app: ['应用', 'App'],
  outcome: ['结果', 'Outcome'],
  code: ['错误码', 'Error code'],
  front: ['网关', 'Front'],
  ip: ['来源地址', 'Address'],
  from: ['开始时间', 'From'],
  to: ['结束时间', 'To'],
  quarter: ['最近 15 分钟', 'Last 15 minutes'],
  hour: ['最近 1 小时', 'Last hour'],
  today: ['今天', 'Today'],
});

const CODES = listGatewayErrors().map(({ code }) => code);

interface CallSearchProps extends Pick<ReturnType<typeof useCallConditions>, 'conditions' | 'set'> {
  /** Shown at the end of the first line. */
  readonly actions: ReactNode;
}

/** Edits the conditions of the search. Each is used as soon as the user has finished entering it. */
export function CallSearch({ conditions, set, actions }: CallSearchProps) {
  const t = useTexts(TEXTS);
  const outcome = useTexts(OUTCOME_TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const causeOf = useCauseWords();
  const { interfaceOptions, appOptions } = useNames();
  const { from, to } = conditions;
  const codes = CODES.map((code) => ({ value: code, label: `${code} ${causeOf(code).what}` }));
  return (
    <div className={styles.search} role="search">
      <div className={listStyles.tools}>
        <Typed label={t('traceStart')} icon={<Search size={16} />} value={conditions.trace} onChange={(trace) => set({ trace })} />
        <Choice
          label={t('interface')}
          value={conditions.interface}
          options={interfaceOptions}
          onChange={(chosen) => set({ interface: chosen })}
        />
        <Choice label={t('app')} value={conditions.app} options={appOptions} onChange={(app) => set({ app })} />
        <Choice
          label={t('outcome')}
          value={conditions.outcome}
          options={OUTCOMES.map((value) => ({ value, label: outcome(value) }))}
          onChange={(chosen) => set({ outcome: chosen })}
        />
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
        <Choice label={t('code')} value={conditions.code} options={codes} onChange={(code) => set({ code })} />
        <Choice
          label={t('front')}
          value={conditions.front}
          options={FRONTS.map((value) => ({ value, label: front(value) }))}
          onChange={(chosen) => set({ front: chosen })}
        />
        <Typed label={t('ip')} value={conditions.ip} onChange={(ip) => set({ ip })} />
      </div>
    </div>
  );
}

/** Returns common periods. They end at the end of today, so that later calls are found too. */
function presetsOf(t: Translate<typeof TEXTS>): { label: string; value: [Dayjs, Dayjs] }[] {
  const now = dayjs();
  return [
    { label: t('quarter'), value: [now.subtract(15, 'minute'), now.endOf('day')] },
    { label: t('hour'), value: [now.subtract(1, 'hour'), now.endOf('day')] },
    { label: t('today'), value: [now.startOf('day'), now.endOf('day')] },
  ];
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly Named[];
  readonly onChange: (value: string | undefined) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const clear = useClear();
  // A value without a name, such as an app that was removed, is shown as it is.
  const isKnown = value === undefined || options.some((option) => option.value === value);
  return (
    <Select
      className={listStyles.filter ?? ''}
      allowClear={clear}
      showSearch={{ optionFilterProp: 'label' }}
      popupMatchSelectWidth={false}
      placeholder={label}
      aria-label={label}
      value={value ?? null}
      options={isKnown ? [...options] : [{ value, label: value }, ...options]}
      onChange={(next: string | null | undefined) => onChange(next ?? undefined)}
    />
  );
}
