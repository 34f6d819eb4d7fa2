import { Button, DatePicker, Drawer, Input, Table } from 'antd';
import dayjs from 'dayjs';
import { Calendar, CircleCheck, CircleX, Download, RefreshCw, Search, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { call } from '../../api/client.ts';
import type { AuditLine } from '../../api/outputs.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { csvOf } from '../../parts/csv.ts';
import { download } from '../../parts/download.ts';
import listStyles from '../../parts/data-table.module.css';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox, NoRight } from '../../parts/error-box.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { ProgressDialog, type Work } from '../../parts/progress-dialog.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import styles from './audit-page.module.css';
import { AuditLineDetails } from './audit-line-details.tsx';
import { useActionName } from './use-action-name.ts';
import { VerifyChain } from './verify-chain.tsx';

const TEXTS = defineTexts({
  title: ['审计', 'Audit'],
  help: [
    '谁在何时做了什么、为何而做、结果如何。每条记录都与前一条锁在一起，改动或缺失会被发现。',
    'Who did what and when, why, and how it ended. Each line is chained to the one before: a change or a gap is found.',
  ],
  actor: ['操作人', 'Who'],
  action: ['操作', 'What'],
  subject: ['对象', 'On what'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  at: ['时间', 'When'],
  from: ['来源地址', 'From'],
  done: ['成功', 'Done'],
  refused: ['失败', 'Failed'],
  begun: ['已开始', 'Begun'],
  more: ['加载更早的记录', 'Show earlier lines'],
  export: ['导出 CSV', 'Export CSV'],
  exporting: ['导出审计记录', 'Exporting audit lines'],
  exported: ['已导出 {{count}} 条', '{{count}} lines exported'],
  refresh: ['刷新', 'Refresh'],
  verify: ['校验审计链', 'Verify the chain'],
  empty: ['没有符合条件的记录', 'Nothing fits these conditions'],
  details: ['审计记录', 'Audit line'],
});

const PAGE = 100;
const EXPORT_MOST = 50_000;

/** The trail, newest first; conditions stand in the address. Reading it leaves a line too. */
export function AuditPage() {
  const may = useMay();
  return may('audit.read') ? <Trail /> : <NoRight permission="audit.read" />;
}

type Line = AuditLine;

function useConditions() {
  const [address, setAddress] = useSearchParams();
  const text = (name: string) => address.get(name) ?? undefined;
  const number = (name: string) => (address.get(name) === null ? undefined : Number(address.get(name)));
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
  const all = { actor: text('actor'), action: text('action'), from: number('from'), to: number('to') };
  const query = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<{
    actor: string;
    action: string;
    from: number;
    to: number;
  }>;
  return { query, set };
}

function Trail() {
  const t = useTexts(TEXTS);
  const nameOf = useActionName();
  const { query, set } = useConditions();
  const [limit, setLimit] = useState(PAGE);
  const [open, setOpen] = useState<Line>();
  const [work, setWork] = useState<Work<number>>();
  const [isVerifying, setVerifying] = useState(false);
  const trail = useQueryOf('audit.list', { ...query, limit: Math.min(limit, 500) }, { keepPrevious: true });
  const columns = useColumns(nameOf);
  const exportAll: Work<number> = {
    title: t('exporting'),
    async run(report, signal) {
      const lines = await readAll(query, (done) => report({ done, of: EXPORT_MOST, note: '' }), signal);
      download('audit.csv', csvOf(columns, lines));
      return lines.length;
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
          <Condition label={t('actor')} value={query.actor} onChange={(actor) => set({ actor })} />
          <Condition label={t('action')} value={query.action} onChange={(action) => set({ action })} />
          <DatePicker.RangePicker
            showTime
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
          <Table<Line>
            size="small"
            rowKey={({ number }) => number}
            dataSource={[...(trail.data?.items ?? [])]}
            columns={columns.map(({ key, title, render }) => ({ key, title, render: (_value: unknown, line: Line) => render(line) }))}
            loading={trail.isPending}
            pagination={false}
            scroll={{ x: 'max-content' }}
            locale={{ emptyText: <EmptyState title={t('empty')} /> }}
            onRow={(line) => ({
              className: listStyles.row ?? '',
              tabIndex: 0,
              onClick: () => setOpen(line),
              onKeyDown: ({ key }) => key === 'Enter' && setOpen(line),
            })}
          />
        ) : (
          <ErrorBox error={trail.error} onRetry={() => void trail.refetch()} />
        )}
        {trail.data?.next === undefined || limit >= 500 ? null : (
          <Button className={styles.more ?? ''} loading={trail.isFetching} onClick={() => setLimit((now) => now + PAGE)}>
            {t('more')}
          </Button>
        )}
      </div>
      <Drawer open={open !== undefined} title={t('details')} size={560} onClose={() => setOpen(undefined)}>
        {open === undefined ? null : <AuditLineDetails line={open} />}
      </Drawer>
      {work === undefined ? null : <ProgressDialog work={work} onClose={() => setWork(undefined)} />}
      {isVerifying ? <VerifyChain onClose={() => setVerifying(false)} /> : null}
    </Page>
  );
}

interface ConditionProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

/** Asks when the person is done typing, not at every key. */
function Condition({ label, value, onChange }: ConditionProps) {
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

function useColumns(nameOf: (action: string) => string) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const outcome = (line: Line) =>
    line.outcome === undefined ? t('begun') : line.outcome === 'done' ? t('done') : `${t('refused')} ${line.outcome}`;
  return [
    { key: 'at', title: t('at'), value: ({ at }: Line) => format.time(at), render: ({ at }: Line) => <TimeText at={at} /> },
    { key: 'actor', title: t('actor'), value: ({ actor }: Line) => actor, render: ({ actor }: Line) => actor },
    {
      key: 'action',
      title: t('action'),
      value: ({ action }: Line) => nameOf(action),
      render: ({ action }: Line) => <Long>{nameOf(action)}</Long>,
    },
    { key: 'outcome', title: t('outcome'), value: outcome, render: (line: Line) => <Outcome line={line} words={outcome(line)} /> },
    {
      key: 'reason',
      title: t('reason'),
      value: ({ reason }: Line) => reason,
      render: ({ reason }: Line) => (reason === undefined ? '—' : <Long>{reason}</Long>),
    },
    {
      key: 'subject',
      title: t('subject'),
      value: ({ subject }: Line) => subject,
      render: ({ subject }: Line) => (subject === undefined ? '—' : <code className={listStyles.long}>{subject}</code>),
    },
    { key: 'from', title: t('from'), value: ({ from }: Line) => from, render: ({ from }: Line) => from },
  ];
}

function Long({ children }: { readonly children: string }) {
  return <span className={listStyles.long}>{children}</span>;
}

function Outcome({ line, words }: { readonly line: Line; readonly words: string }) {
  if (line.outcome === undefined) return <Tag tone="grey">{words}</Tag>;
  return line.outcome === 'done' ? (
    <Tag tone="green" icon={CircleCheck}>
      {words}
    </Tag>
  ) : (
    <Tag tone="red" icon={CircleX}>
      {words}
    </Tag>
  );
}

async function readAll(query: object, onRead: (count: number) => void, signal: AbortSignal): Promise<readonly Line[]> {
  const lines: Line[] = [];
  let after: string | undefined;
  do {
    const page = await call('audit.list', { ...query, limit: 500, ...(after === undefined ? {} : { after }) }, { signal });
    lines.push(...page.items);
    after = page.next;
    onRead(lines.length);
  } while (after !== undefined && lines.length < EXPORT_MOST);
  return lines;
}
