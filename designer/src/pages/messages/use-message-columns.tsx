import { Send } from 'lucide-react';
import { Link } from 'react-router';
import type { ExecutionSummary } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import type { Column } from '../../kit/table/data-table.tsx';
import { STATUS_TEXTS, StatusTag, Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './messages-page.module.css';
import { useFlowName } from './use-flow-name.ts';

const TEXTS = defineTexts({
  at: ['接收时间', 'Accepted'],
  flow: ['流程', 'Flow'],
  status: ['状态', 'Status'],
  duration: ['耗时', 'Took'],
  durationMs: ['耗时（毫秒）', 'Took (ms)'],
  attempt: ['执行次数', 'Runs'],
  cause: ['原因', 'Cause'],
  next: ['下次尝试', 'Next attempt'],
  error: ['错误代码', 'Error code'],
  id: ['消息编号', 'Message id'],
  trace: ['追踪号', 'Trace id'],
  replay: ['重发', 'Resent'],
  replayOf: ['重发自', 'Resent from'],
});

/** Returns columns that show no content of a message. Business keys are in a separate column (`keys-column.tsx`). */
export function useMessageColumns(): readonly Column<ExecutionSummary>[] {
  const t = useTexts(TEXTS);
  const state = useTexts(STATUS_TEXTS);
  const format = useFormat();
  const causeOf = useCauseWords();
  const flow = useFlowWords();
  return [
    {
      key: 'at',
      title: t('at'),
      value: ({ acceptedAt }) => format.time(acceptedAt),
      render: ({ acceptedAt }) => <TimeText at={acceptedAt} />,
    },
    { key: 'flow', title: t('flow'), value: flow, render: (row) => <Link to={`/messages/${row.executionId}`}>{flow(row)}</Link> },
    {
      key: 'status',
      title: t('status'),
      value: ({ status }) => state(status),
      render: ({ status, replayOf }) => (
        <span className={styles.live}>
          <StatusTag status={status} />
          {replayOf === undefined ? null : (
            <Tag tone="blue" icon={Send}>
              {t('replay')}
            </Tag>
          )}
        </span>
      ),
    },
    {
      key: 'cause',
      title: t('cause'),
      value: (row) => wordsOf(codeOf(row), (code) => causeOf(code).what),
      render: (row) => <Cause row={row} />,
    },
    {
      key: 'duration',
      title: t('duration'),
      align: 'right',
      render: ({ durationMs }) => (durationMs === undefined ? '—' : format.duration(durationMs)),
    },
    { key: 'attempt', title: t('attempt'), value: ({ attempt }) => attempt, align: 'right', render: ({ attempt }) => attempt },
    {
      key: 'id',
      title: t('id'),
      value: ({ executionId }) => executionId,
      render: ({ executionId }) => <CopyText text={executionId} isShort />,
    },
    {
      key: 'trace',
      title: t('trace'),
      value: ({ traceId }) => traceId,
      render: ({ traceId }) => (traceId === undefined ? '—' : <CopyText text={traceId} isShort />),
    },
  ];
}

/** Returns the additional columns of the export. They are for programs. */
export function useExportColumns(): readonly Pick<Column<ExecutionSummary>, 'title' | 'value'>[] {
  const t = useTexts(TEXTS);
  return [
    ...useMessageColumns(),
    { title: t('durationMs'), value: ({ durationMs }) => durationMs },
    { title: t('error'), value: codeOf },
    { title: t('replayOf'), value: ({ replayOf }) => replayOf },
  ];
}

function Cause({ row }: { readonly row: ExecutionSummary }) {
  const t = useTexts(TEXTS);
  const { retrying } = row;
  if (retrying === undefined) return <CauseText code={codeOf(row)} />;
  return (
    <>
      {retrying.code === undefined ? null : <CauseText code={retrying.code} />}
      <span className={styles.hint}>
        {t('next')} <TimeText at={retrying.nextAt} />
      </span>
    </>
  );
}

/** Shows why a message failed or is held, in words and with its code. */
export function CauseText({ code }: { readonly code: string | undefined }) {
  const causeOf = useCauseWords();
  if (code === undefined) return '—';
  return (
    <span className={styles.cause}>
      {causeOf(code).what} <code>{code}</code>
    </span>
  );
}

function useFlowWords(): (row: ExecutionSummary) => string {
  const nameOf = useFlowName();
  return ({ flowId, version }) => `${nameOf(flowId)} v${version}`;
}

function codeOf({ error, held, retrying }: ExecutionSummary): string | undefined {
  return error?.code ?? held?.reason ?? retrying?.code;
}

function wordsOf<T>(code: string | undefined, words: (code: string) => T): T | undefined {
  return code === undefined ? undefined : words(code);
}
