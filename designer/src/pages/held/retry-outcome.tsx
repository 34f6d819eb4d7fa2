/** Shows how a retry of one message ended. A message whose retry was accepted may be held again. */
import { Alert } from 'antd';
import { Link } from 'react-router';
import type { ExecutionDetails, ExecutionSummary } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { repeatOf } from '../../model/problems/error-causes.ts';
import { useCauseText } from '../messages/message/cause-text.tsx';

const TEXTS = defineTexts({
  waiting: ['已重试，还在执行，结果未定', 'Retried and still running: the outcome is not known yet'],
  wentOn: ['走通了', 'Completed'],
  heldAgain: ['又停在“{{node}}”：{{cause}}', 'Held at “{{node}}” again: {{cause}}'],
  heldNowhere: ['再次挂起：{{cause}}', 'Held again: {{cause}}'],
  failed: ['没有走通，已失败：{{cause}}', 'It did not continue, but failed: {{cause}}'],
  cancelled: ['已被取消', 'It was cancelled'],
  look: ['查看这条消息', 'See the message'],
  close: ['关闭', 'Close'],
});

const WATCH_MS = 1500;

export type Retried = Pick<ExecutionSummary, 'executionId' | 'attempt'>;

type Verdict = 'waiting' | 'wentOn' | 'heldAgain' | 'failed' | 'cancelled';
const ALERTS = { waiting: 'info', wentOn: 'success', heldAgain: 'warning', failed: 'error', cancelled: 'info' } as const;

/**
 * Polls the message until it has stopped again or ended, and shows the result. This is shown above the list, because
 * the list may no longer contain the message.
 */
export function RetryOutcome({ retried: { executionId, attempt }, onClose }: { readonly retried: Retried; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('executions.get', { executionId }, { refetchIntervalMs: WATCH_MS });
  const verdict = verdictOf(data, attempt);
  const words = useOutcomeWords(data);
  return (
    <div aria-live="polite">
      <Alert
        type={ALERTS[verdict]}
        showIcon
        closable={{ onClose, 'aria-label': t('close') }}
        title={words(verdict)}
        action={<Link to={`/messages/${executionId}`}>{t('look')}</Link>}
      />
    </div>
  );
}

/** Returns the result of the retry. As long as the attempt number is the old one, the retry has not started. */
function verdictOf(details: ExecutionDetails | undefined, before: number): Verdict {
  if (details === undefined || details.attempt <= before) return 'waiting';
  const { status } = details;
  if (status === 'held') return 'heldAgain';
  if (status === 'completed') return 'wentOn';
  return status === 'failed' || status === 'cancelled' ? status : 'waiting';
}

function useOutcomeWords(details: ExecutionDetails | undefined): (verdict: Verdict) => string {
  const t = useTexts(TEXTS);
  const { flowId = '', version = 1, standstills = [], held, status = 'held' } = details ?? {};
  const standstill = standstills.find(({ state }) => state === 'held' || state === 'failed');
  const flow = useQueryOf('flows.version', { flowId, version }, { enabled: standstill !== undefined });
  const repeat = repeatOf(status, flow.data?.document.mode ?? 'durable');
  const cause = useCauseText(standstill?.error ?? details?.error, { reason: held?.reason, repeat })?.what ?? '';
  const node = flow.data?.document.nodes.find(({ id }) => id === standstill?.node)?.label ?? standstill?.node ?? '';
  return (verdict) => t(verdict === 'heldAgain' && node === '' ? 'heldNowhere' : verdict, { node, cause });
}
