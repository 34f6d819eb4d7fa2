/** `/messages`: what went through the flows, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Alert, Button, Table } from 'antd';
import { Download, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { ExecutionPage, ExecutionSummary } from '../../../../engine/services.ts';
import { call, type ApiError } from '../../api/client.ts';
import { useMay } from '../../app/session.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { csvOf, download } from '../../parts/csv.ts';
import listStyles from '../../parts/data-table.module.css';
import { rowOpens } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox, NoRight } from '../../parts/error-box.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { ProgressDialog, type Work } from '../../parts/progress-dialog.tsx';
import { MessageSearch } from './message-search.tsx';
import styles from './messages-page.module.css';
import { useConditions, type Query } from './use-conditions.ts';
import { useMessageColumns } from './use-message-columns.tsx';

const TEXTS = defineTexts({
  title: ['消息', 'Messages'],
  help: [
    '每条经过流程的消息：何时、走到哪里、结果如何。按业务键查找时，键的值不写入网址。',
    'Every message that went through a flow: when, how far, and how it ended. The value of a business key is kept out of the address.',
  ],
  refresh: ['刷新', 'Refresh'],
  export: ['导出 CSV', 'Export CSV'],
  exporting: ['导出消息列表', 'Exporting the list'],
  exported: ['已导出 {{count}} 条', '{{count}} messages exported'],
  more: ['加载更早的消息', 'Show earlier messages'],
  empty: ['没有符合条件的消息', 'No message fits these conditions'],
  emptyNext: ['放宽条件，或向接口发一条消息后刷新。', 'Widen the conditions, or send a message to an interface and refresh.'],
  brokenOff: [
    '按追踪号查找只看到 {{at}} 为止；更早的请加上时间或流程条件。',
    'The search by trace id went back to {{at}}; for earlier ones add a time or a flow.',
  ],
});

const PAGE = 50;
const EXPORT_PAGE = 200;
const EXPORT_MOST = 20_000;

export function MessagesPage() {
  return useMay()('executions.read') ? <Messages /> : <NoRight permission="executions.read" />;
}

function Messages() {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const go = useNavigate();
  const { conditions, query, set } = useConditions();
  const columns = useMessageColumns();
  const list = useMessages(query);
  const [work, setWork] = useState<Work<number>>();
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const searchedFrom = list.data?.pages.at(-1)?.searchedFrom;
  const exportAll: Work<number> = {
    title: t('exporting'),
    async run(report, signal) {
      const all = await readAll(query, (done) => report({ done, of: Math.max(done, EXPORT_MOST) }), signal);
      download('messages.csv', csvOf(columns, all));
      return all.length;
    },
    show: (count) => t('exported', { count }),
  };
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <div className={listStyles.list}>
        <div className={listStyles.tools}>
          <MessageSearch conditions={conditions} set={set} />
          <div className={listStyles.actions}>
            <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void list.refetch()} />
            <Button icon={<Download size={16} />} disabled={rows.length === 0} onClick={() => setWork(exportAll)}>
              {t('export')}
            </Button>
          </div>
        </div>
        {searchedFrom === undefined ? null : <Alert type="info" showIcon title={t('brokenOff', { at: format.time(searchedFrom) })} />}
        {list.error === null ? (
          <Table<ExecutionSummary>
            aria-label={t('title')}
            size="small"
            rowKey="executionId"
            dataSource={rows}
            columns={columns.map(({ key, title, align, render }) => ({
              ...{ key, title, render: (_value: unknown, row: ExecutionSummary) => render(row) },
              ...(align === undefined ? {} : { align }),
            }))}
            loading={list.isPending}
            pagination={false}
            scroll={{ x: 'max-content' }}
            locale={{ emptyText: list.isPending ? ' ' : <EmptyState title={t('empty')} next={t('emptyNext')} /> }}
            onRow={({ executionId }) => rowOpens(() => void go(`/messages/${executionId}`))}
          />
        ) : (
          <ErrorBox error={list.error} onRetry={() => void list.refetch()} />
        )}
        {list.hasNextPage ? (
          <Button className={styles.more ?? ''} loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('more')}
          </Button>
        ) : null}
      </div>
      {work === undefined ? null : <ProgressDialog work={work} onClose={() => setWork(undefined)} />}
    </Page>
  );
}

/** Page after page by the server's cursor: stable while messages come in. */
function useMessages(query: Query) {
  return useInfiniteQuery<ExecutionPage, ApiError, { pages: ExecutionPage[] }, readonly unknown[], string | undefined>({
    queryKey: ['executions.list', 'pages', query],
    queryFn: ({ pageParam, signal }) =>
      call('executions.list', { ...query, limit: PAGE, ...(pageParam === undefined ? {} : { after: pageParam }) }, { signal }),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
  });
}

async function readAll(query: Query, onRead: (count: number) => void, signal: AbortSignal): Promise<readonly ExecutionSummary[]> {
  const rows: ExecutionSummary[] = [];
  let after: string | undefined;
  do {
    const page = await call('executions.list', { ...query, limit: EXPORT_PAGE, ...(after === undefined ? {} : { after }) }, { signal });
    rows.push(...page.items);
    after = page.next;
    onRead(rows.length);
  } while (after !== undefined && rows.length < EXPORT_MOST);
  return rows;
}
