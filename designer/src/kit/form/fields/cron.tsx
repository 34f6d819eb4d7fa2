import { Button, Input, InputNumber, Popover, Select, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { CalendarClock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { defineTexts, useLanguage, useTexts } from '../../../i18n/texts.ts';
import { cronOf, EVERYDAY_START, everydayOf, nextRuns, type Everyday, type EverydayKind } from '../inputs/cron-words.ts';
import { usePlaceholder } from '../example.ts';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';
import { useCommit, useForm, useFormState } from '../form-context.tsx';
import styles from './cron.module.css';

const TEXTS = defineTexts({
  build: ['常用时间', 'Common schedules'],
  kind: ['频率', 'How often'],
  minutes: ['每隔几分钟', 'Every few minutes'],
  hourly: ['每小时', 'Every hour'],
  daily: ['每天', 'Every day'],
  weekdays: ['工作日', 'Monday to Friday'],
  weekly: ['每周', 'Every week'],
  monthly: ['每月', 'Every month'],
  every: ['间隔（分钟）', 'Minutes between runs'],
  minute: ['第几分', 'At minute'],
  time: ['时间', 'At'],
  weekday: ['星期', 'Day of the week'],
  day: ['日', 'Day of the month'],
  next: ['接下来的运行时间（{{zone}}）', 'Next runs ({{zone}})'],
  unread: ['无法识别', 'This cannot be read'],
  never: ['不会再运行', 'It never runs again'],
});

const RUNS = 5;
const MINUTE_MS = 60_000;

/**
 * Edits a cron expression. The user types it or builds it from a common schedule. Shows the next runs in the time zone
 * that another field of the form contains.
 */
export function CronField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const commit = useCommit(onChange);
  const placeholder = usePlaceholder(schema);
  const form = useFormState().value;
  const zone = typeof form['timeZone'] === 'string' && form['timeZone'] !== '' ? form['timeZone'] : 'Asia/Shanghai';
  const cron = typeof value === 'string' ? value : '';
  return (
    <div className={styles.cron}>
      <div className={styles.line}>
        <Input
          id={id}
          aria-label={label}
          className="mono"
          value={cron}
          placeholder={placeholder}
          readOnly={isReadOnly}
          spellCheck={false}
          {...(isInvalid ? { status: 'error' as const } : {})}
          onChange={(event) => onChange(keptText(schema, event.target.value))}
          onBlur={seal}
        />
        {isReadOnly ? null : (
          <Popover trigger="click" placement="bottomRight" destroyOnHidden content={<EverydayForm cron={cron} onChange={commit} />}>
            <Button icon={<CalendarClock size={14} />}>{t('build')}</Button>
          </Popover>
        )}
      </div>
      {cron === '' ? null : <NextRuns cron={cron} zone={zone} />}
    </div>
  );
}

function NextRuns({ cron, zone }: { readonly cron: string; readonly zone: string }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const now = useMinute();
  const runs = nextRuns(cron, zone, RUNS, now);
  if (runs === undefined) return <div className={styles.unread}>{t('unread')}</div>;
  const time = new Intl.DateTimeFormat(language, {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (
    <div className={styles.runs}>
      <div>{runs.length === 0 ? t('never') : t('next', { zone })}</div>
      <ol>
        {runs.map((run) => (
          <li key={run.getTime()}>{timeIn(time, run)}</li>
        ))}
      </ol>
    </div>
  );
}

/** Formats a run as `2026-11-26 周四 02:30:00`. */
function timeIn(format: Intl.DateTimeFormat, run: Date): string {
  const { year, month, day, weekday, hour, minute, second } = Object.fromEntries(
    format.formatToParts(run).map(({ type, value }) => [type, value]),
  ) as Record<Intl.DateTimeFormatPartTypes, string>;
  return `${year}-${month}-${day} ${weekday} ${hour}:${minute}:${second}`;
}

/** Returns the time, updated each minute, so that past runs leave the list. */
function useMinute(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const KINDS: readonly EverydayKind[] = ['minutes', 'hourly', 'daily', 'weekdays', 'weekly', 'monthly'];
/** A Sunday: 2 January 2000. */
const SUNDAY = Date.UTC(2000, 0, 2);

function EverydayForm({ cron, onChange }: { readonly cron: string; readonly onChange: (cron: string) => void }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [chosen, setChosen] = useState<Everyday>(() => everydayOf(cron) ?? EVERYDAY_START);
  const change = (part: Partial<Everyday>) => {
    const next = { ...chosen, ...part };
    setChosen(next);
    onChange(cronOf(next));
  };
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  const { kind, every, hour, minute, day } = chosen;
  return (
    <div className={styles.everyday}>
      <span>{t('kind')}</span>
      <Select<EverydayKind>
        aria-label={t('kind')}
        value={kind}
        options={KINDS.map((name) => ({ value: name, label: t(name) }))}
        onChange={(next) => change({ kind: next })}
      />
      {kind === 'minutes' ? (
        <Figure words={t('every')} value={every} min={1} max={59} onChange={(next) => change({ every: next })} />
      ) : kind === 'hourly' ? (
        <Figure words={t('minute')} value={minute} min={0} max={59} onChange={(next) => change({ minute: next })} />
      ) : (
        <>
          <span>{t('time')}</span>
          <TimePicker
            aria-label={t('time')}
            format="HH:mm"
            allowClear={false}
            needConfirm={false}
            value={dayjs(0).hour(hour).minute(minute)}
            onChange={(next) => change({ hour: next?.hour() ?? hour, minute: next?.minute() ?? minute })}
          />
        </>
      )}
      {kind === 'weekly' ? (
        <>
          <span>{t('weekday')}</span>
          <Select
            aria-label={t('weekday')}
            value={chosen.weekday}
            options={[1, 2, 3, 4, 5, 6, 0].map((number) => ({ value: number, label: weekday.format(SUNDAY + number * 86_400_000) }))}
            onChange={(next: number) => change({ weekday: next })}
          />
        </>
      ) : null}
      {kind === 'monthly' ? <Figure words={t('day')} value={day} min={1} max={31} onChange={(next) => change({ day: next })} /> : null}
    </div>
  );
}

interface FigureProps {
  readonly words: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

function Figure({ words, value, min, max, onChange }: FigureProps) {
  return (
    <>
      <span>{words}</span>
      <InputNumber<number>
        controls={false}
        aria-label={words}
        value={value}
        min={min}
        max={max}
        precision={0}
        onChange={(next) => (next === null ? undefined : onChange(next))}
      />
    </>
  );
}
