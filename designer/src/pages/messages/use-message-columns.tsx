import { Link } from 'react-router';
import type { ExecutionSummary } from '../../../../engine/services.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import type { Column } from '../../parts/data-table.tsx';
import { STATUS_TEXTS, StatusTag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { useFlowName } from './use-flow-name.ts';

const TEXTS = defineTexts({
  at: ['接收时间', 'Accepted'],
  flow: ['流程', 'Flow'],
  status: ['状态', 'Status'],
  duration: ['耗时', 'Took'],
  attempt: ['第几次', 'Attempt'],
  error: ['错误代码', 'Error code'],
  id: ['消息编号', 'Message id'],
  trace: ['追踪号', 'Trace id'],
});

/** Facts alone: nothing of a message's content stands in a list or in its export. */
export function useMessageColumns(): readonly Column<ExecutionSummary>[] {
  const t = useTexts(TEXTS);
  const state = useTexts(STATUS_TEXTS);
  const format = useFormat();
  const nameOf = useFlowName();
  const flow = ({ flowId, version }: ExecutionSummary) => `${nameOf(flowId)} v${version}`;
  return [
    {
      key: 'at',
      title: t('at'),
      value: ({ acceptedAt }) => format.time(acceptedAt),
      render: ({ acceptedAt }) => <TimeText at={acceptedAt} />,
    },
    { key: 'flow', title: t('flow'), value: flow, render: (row) => <Link to={`/messages/${row.executionId}`}>{flow(row)}</Link> },
    { key: 'status', title: t('status'), value: ({ status }) => state(status), render: ({ status }) => <StatusTag status={status} /> },
    {
      key: 'duration',
      title: t('duration'),
      value: ({ durationMs }) => durationMs,
      align: 'right',
      render: ({ durationMs }) => (durationMs === undefined ? '—' : format.duration(durationMs)),
    },
    { key: 'attempt', title: t('attempt'), value: ({ attempt }) => attempt, align: 'right', render: ({ attempt }) => attempt },
    {
      key: 'error',
      title: t('error'),
      value: ({ error, held }) => error?.code ?? held?.reason,
      render: ({ error, held }) => ((error?.code ?? held?.reason) === undefined ? '—' : <code>{error?.code ?? held?.reason}</code>),
    },
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
