import { Button, Table } from 'antd';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { ExecutionSummary } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { fixedOf, rowOpens, type Column } from '../../kit/table/data-table.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useRowSelection } from '../../kit/table/row-selection.tsx';
import styles from './messages-page.module.css';
import type { MessagePages } from './use-message-pages.ts';

const TEXTS = defineTexts({
  more: ['加载更早的消息', 'Show earlier messages'],
  shown: ['已列出 {{count}} 条', '{{count}} listed'],
});

interface Props {
  readonly label: string;
  readonly list: Pick<MessagePages, 'rows' | 'error' | 'refetch' | 'isPending' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
  readonly columns: readonly Column<ExecutionSummary>[];
  readonly empty: ReactNode;
  readonly selection?: { readonly keys: readonly string[]; readonly onChange: (keys: readonly string[]) => void };
}

/** Lists messages, newest first. A row opens its message; a button at the end loads earlier messages. */
export function MessageTable({ label, list, columns, empty, selection }: Props) {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const selectionOf = useRowSelection<ExecutionSummary>();
  if (list.error !== null && list.rows.length === 0) return <ErrorBox error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <>
      {list.error === null ? null : <ErrorBox error={list.error} onRetry={() => void list.refetch()} />}
      <Table<ExecutionSummary>
        aria-label={label}
        size="small"
        rowKey="executionId"
        dataSource={[...list.rows]}
        columns={columns.map(({ key, title, align, render }) => ({
          ...{ key, title, render: (_value: unknown, row: ExecutionSummary) => render(row) },
          ...(align === undefined ? {} : { align }),
          ...fixedOf(title),
        }))}
        loading={list.isPending}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: list.isPending ? ' ' : empty }}
        onRow={({ executionId }) => rowOpens(() => void go(`/messages/${executionId}`))}
        {...(selection === undefined ? {} : { rowSelection: selectionOf({ ...selection, nameOf: ({ executionId }) => executionId }) })}
      />
      {list.rows.length === 0 ? null : (
        <div className={styles.foot}>
          <span>{t('shown', { count: list.rows.length })}</span>
          {list.hasNextPage ? (
            <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {t('more')}
            </Button>
          ) : null}
        </div>
      )}
    </>
  );
}
