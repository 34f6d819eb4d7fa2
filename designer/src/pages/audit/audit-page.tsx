import { Button, Drawer, Table } from 'antd';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, RefreshCw, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import type { NamedAct } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { csvOf } from '../../kit/table/csv.ts';
import { download } from '../../kit/table/download.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import { ActDetails } from './act-details.tsx';
import styles from './audit-page.module.css';
import { AuditSearch, useConditions, type Conditions } from './audit-search.tsx';
import { useActColumns } from './use-act-columns.tsx';
import { VerifyChain } from './verify-chain.tsx';

const TEXTS = defineTexts({
  title: ['审计', 'Audit'],
  help: [
    '谁在何时对什么做了什么、为何而做、结果如何；点开一行看逐字段的前后值。每条记录都与前一条锁在一起，改动或缺失会被发现。',
    'Who did what, to which object, when and why, and the outcome; open a row to see each field before and after. Each line is chained to the previous one, so changes and gaps are detected.',
  ],
  more: ['加载更早的记录', 'Show earlier actions'],
  export: ['导出 CSV', 'Export CSV'],
  exporting: ['导出审计记录', 'Exporting audited actions'],
  exported: ['已导出 {{count}} 条', '{{count}} {{count|action|actions}} exported'],
  refresh: ['刷新', 'Refresh'],
  verify: ['校验审计链', 'Verify the chain'],
  empty: ['没有符合条件的记录', 'Nothing matches these conditions'],
  details: ['审计记录', 'Audited action'],
});

const PAGE = 100;
const EXPORT_MOST = 50_000;

/** Shows the audit trail: one row per action, newest first. */
export function AuditPage() {
  const t = useTexts(TEXTS);
  const conditions = useConditions();
  const trail = useTrail(conditions.query);
  const exportAll = useExport(conditions.query);
  const [open, setOpen] = useState<NamedAct>();
  const [work, setWork] = useState<Work<number>>();
  const [isVerifying, setVerifying] = useState(false);
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
        <AuditSearch
          {...conditions}
          actions={
            <>
              <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void trail.refetch()} />
              <Button icon={<Download size={16} />} onClick={() => setWork(exportAll)}>
                {t('export')}
              </Button>
            </>
          }
        />
        {trail.error === null ? (
          <Acts trail={trail} onOpen={setOpen} />
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

function useTrail(query: Conditions) {
  return useInfiniteQuery({
    queryKey: ['audit.acts', query],
    queryFn: ({ pageParam, signal }) => call('audit.acts', { ...query, limit: PAGE, ...pageParam }, { signal }),
    initialPageParam: {} as { readonly after?: string },
    getNextPageParam: ({ next }) => (next === undefined ? undefined : { after: next }),
    placeholderData: (previous) => previous,
  });
}

interface ActsProps {
  readonly trail: ReturnType<typeof useTrail>;
  readonly onOpen: (act: NamedAct) => void;
}

function Acts({ trail, onOpen }: ActsProps) {
  const t = useTexts(TEXTS);
  const columns = useActColumns();
  return (
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
        onClick: () => onOpen(act),
        onKeyDown: ({ key }) => key === 'Enter' && onOpen(act),
      })}
    />
  );
}

/** Exports the entries that match the conditions to a file, up to a maximum number. */
function useExport(query: Conditions): Work<number> {
  const t = useTexts(TEXTS);
  const columns = useActColumns();
  return {
    title: t('exporting'),
    async run(report, signal) {
      const acts = await readAll(query, (done) => report({ done, of: EXPORT_MOST, note: '' }), signal);
      download('audit.csv', csvOf(columns, acts));
      return acts.length;
    },
    show: (count) => t('exported', { count }),
  };
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
