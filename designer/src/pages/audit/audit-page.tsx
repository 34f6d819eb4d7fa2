import { Button, DatePicker, Drawer, Input, Select, Table } from 'antd';
import { useInfiniteQuery } from '@tanstack/react-query';
import dayjs from 'dayjs';
import { Calendar, CircleCheck, CircleX, Download, RefreshCw, Search, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { call } from '../../api/client.ts';
import type { NamedAct } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { csvOf } from '../../kit/table/csv.ts';
import { download } from '../../kit/table/download.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './audit-page.module.css';
import { ActDetails } from './act-details.tsx';
import { useOutcomeWords } from './outcome-words.ts';
import { useActionName } from './use-action-name.ts';
import { VerifyChain } from './verify-chain.tsx';

const TEXTS = defineTexts({
  title: ['审计', 'Audit'],
  help: [
    '谁在何时对什么做了什么、为何而做、结果如何；点开一行看逐字段的前后值。每条记录都与前一条锁在一起，改动或缺失会被发现。',
    'Who did what to what and when, why, and how it ended; open a row for each field before and after. Each line is chained to the one before: a change or a gap is found.',
  ],
  actor: ['操作人', 'Who'],
  action: ['操作', 'What'],
  subject: ['对象', 'On what'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  at: ['时间', 'When'],
  from: ['来源地址', 'From'],
  anyAction: ['全部操作', 'Any act'],
  anyObject: ['全部对象', 'Anything'],
  anyOutcome: ['全部结果', 'Any outcome'],
  isDone: ['成功', 'Done'],
  isFailed: ['失败', 'Failed'],
  dryRun: ['试算', 'Dry run'],
  saves: ['{{count}} 次自动保存', '{{count}} {{count|autosave|autosaves}}'],
  more: ['加载更早的记录', 'Show earlier acts'],
  export: ['导出 CSV', 'Export CSV'],
  exporting: ['导出审计记录', 'Exporting audited acts'],
  exported: ['已导出 {{count}} 条', '{{count}} {{count|act|acts}} exported'],
  refresh: ['刷新', 'Refresh'],
  verify: ['校验审计链', 'Verify the chain'],
  empty: ['没有符合条件的记录', 'Nothing fits these conditions'],
  details: ['审计记录', 'Audited act'],
});

const PAGE = 100;
const EXPORT_MOST = 50_000;

interface Conditions {
  readonly actor?: string;
  readonly action?: string;
  readonly object?: string;
  readonly outcome?: string;
  readonly from?: number;
  readonly to?: number;
}

function useConditions() {
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

/** The audit trail, one row per action, newest first. The conditions stand in the address. */
export function AuditPage() {
  const t = useTexts(TEXTS);
  const { query, set } = useConditions();
  const [open, setOpen] = useState<NamedAct>();
  const [work, setWork] = useState<Work<number>>();
  const [isVerifying, setVerifying] = useState(false);
  const trail = useInfiniteQuery({
    queryKey: ['audit.acts', query],
    queryFn: ({ pageParam, signal }) => call('audit.acts', { ...query, limit: PAGE, ...pageParam }, { signal }),
    initialPageParam: {} as { readonly after?: string },
    getNextPageParam: ({ next }) => (next === undefined ? undefined : { after: next }),
    placeholderData: (previous) => previous,
  });
  const columns = useColumns();
  const exportAll: Work<number> = {
    title: t('exporting'),
    async run(report, signal) {
      const acts = await readAll(query, (done) => report({ done, of: EXPORT_MOST, note: '' }), signal);
      download('audit.csv', csvOf(columns, acts));
      return acts.length;
    },
    show: (count) => t('exported', { count }),
  };
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={
          <Button icon={<ShieldCheck size={16} />} onClick={() => setVerifying(true)}>
            {t('verify')}
          </Button>
        }
      />
      <div className={listStyles.list}>
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
          <div className={listStyles.actions}>
            <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void trail.refetch()} />
            <Button icon={<Download size={16} />} onClick={() => setWork(exportAll)}>
              {t('export')}
            </Button>
          </div>
        </div>
        {trail.error === null ? (
          <Table<NamedAct>
            size="small"
            rowKey={({ number }) => number}
            dataSource={trail.data?.pages.flatMap(({ items }) => items) ?? []}
            columns={columns.map(({ key, title, render }) => ({ key, title, render: (_value: unknown, act: NamedAct) => render(act) }))}
            loading={trail.isPending}
            pagination={false}
            scroll={{ x: 'max-content' }}
            locale={{ emptyText: <EmptyState title={t('empty')} /> }}
            onRow={(act) => ({
              className: listStyles.row ?? '',
              tabIndex: 0,
              onClick: () => setOpen(act),
              onKeyDown: ({ key }) => key === 'Enter' && setOpen(act),
            })}
          />
        ) : (
          <ErrorBox error={trail.error} onRetry={() => void trail.refetch()} />
        )}
        {trail.hasNextPage ? (
          <Button className={styles.more ?? ''} loading={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
            {t('more')}
          </Button>
        ) : null}
      </div>
      <Drawer open={open !== undefined} title={t('details')} size={640} onClose={() => setOpen(undefined)}>
        {open === undefined ? null : <ActDetails act={open} />}
      </Drawer>
      {work === undefined ? null : <ProgressDialog work={work} onClose={() => setWork(undefined)} />}
      {isVerifying ? <VerifyChain onClose={() => setVerifying(false)} /> : null}
    </Page>
  );
}

interface ConditionProps {
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Searches when the user has finished typing, not at every keystroke. */
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
  const { data } = useQueryOf('audit.objects', {});
  const options = (data?.items ?? []).map(({ id, name }) => ({ value: id, label: text(name) === id ? id : `${text(name)} ${id}` }));
  return <Choice label={t('subject')} all={t('anyObject')} value={value} options={options} onChange={onChange} />;
}

function useColumns() {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const nameOf = useActionName();
  const outcomeOf = useOutcomeWords();
  const objectOf = ({ object, subject }: NamedAct) => (object === undefined ? subject : `${text(object.name)} ${subject ?? ''}`);
  return [
    { key: 'at', title: t('at'), value: ({ at }: NamedAct) => format.time(at), render: ({ at }: NamedAct) => <TimeText at={at} /> },
    { key: 'actor', title: t('actor'), value: ({ actor }: NamedAct) => actor, render: ({ actor }: NamedAct) => actor },
    {
      key: 'action',
      title: t('action'),
      value: ({ action, isDryRun }: NamedAct) => `${nameOf(action)}${isDryRun === true ? ` (${t('dryRun')})` : ''}`,
      render: ({ action, isDryRun, saves }: NamedAct) => (
        <span className={styles.act}>
          <Long>{nameOf(action)}</Long>
          {isDryRun === true ? <Tag tone="grey">{t('dryRun')}</Tag> : null}
          {saves === undefined ? null : <Tag tone="grey">{t('saves', { count: saves })}</Tag>}
        </span>
      ),
    },
    {
      key: 'subject',
      title: t('subject'),
      value: objectOf,
      render: ({ object, subject }: NamedAct) =>
        subject === undefined ? (
          '—'
        ) : (
          <span className={styles.object}>
            {object === undefined || text(object.name) === subject ? null : <Long>{text(object.name)}</Long>}
            <code className={styles.id}>{subject}</code>
          </span>
        ),
    },
    { key: 'outcome', title: t('outcome'), value: outcomeOf, render: (act: NamedAct) => <Outcome act={act} words={outcomeOf(act)} /> },
    {
      key: 'reason',
      title: t('reason'),
      value: ({ reason }: NamedAct) => reason,
      render: ({ reason }: NamedAct) => (reason === undefined ? '—' : <Long>{reason}</Long>),
    },
    { key: 'from', title: t('from'), value: ({ from }: NamedAct) => from, render: ({ from }: NamedAct) => from },
  ];
}

function Long({ children }: { readonly children: string }) {
  return <span className={styles.words}>{children}</span>;
}

function Outcome({ act, words }: { readonly act: NamedAct; readonly words: string }) {
  const { outcome } = act;
  const tone = outcome === undefined ? 'grey' : outcome === 'done' ? 'green' : 'red';
  const icon = outcome === undefined ? undefined : outcome === 'done' ? CircleCheck : CircleX;
  return (
    <Tag tone={tone} {...(icon === undefined ? {} : { icon })}>
      <span className={styles.words}>{words}</span>
    </Tag>
  );
}

async function readAll(query: Conditions, onRead: (count: number) => void, signal: AbortSignal): Promise<readonly NamedAct[]> {
  const acts: NamedAct[] = [];
  let after: string | undefined;
  do {
    const page = await call('audit.acts', { ...query, limit: 500, ...(after === undefined ? {} : { after }) }, { signal });
    acts.push(...page.items);
    after = page.next;
    onRead(acts.length);
  } while (after !== undefined && acts.length < EXPORT_MOST);
  return acts;
}
