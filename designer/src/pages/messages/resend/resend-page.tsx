/**
 * The page `/messages/:executionId/resend`: the user corrects a message beside its original and resends it with a
 * reason.
 */
import { Alert, Button, Skeleton } from 'antd';
import { Eye } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { ExecutionDetails, ShownMessage } from '../../../api/operations.ts';
import { useQueryOf } from '../../../api/queries.ts';
import { useMay } from '../../../session/session-context.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { ErrorBox, NoRight } from '../../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../../kit/page/page-header.tsx';
import { StatusTag } from '../../../kit/feedback/status-tag.tsx';
import { ResendForm } from './resend-form.tsx';
import { seenOf, type Seen } from './resend-order.ts';
import { useFlowName } from '../use-flow-name.ts';
import { usePayload } from '../use-payload.ts';

const TEXTS = defineTexts({
  title: ['更正后重发', 'Correct and resend'],
  help: [
    '在原文旁边更正内容，看清改动，写明理由后发出。挂起的消息由它在原位置接替；已结束的作为新消息发出。新旧两条互相指向。',
    'Correct the content next to the original, check the changes, and send it with a reason. It takes the place of a held message; for a message that has ended, it is a new message. Both messages link to each other.',
  ],
  messages: ['消息', 'Messages'],
  not: ['这条消息现在不能重发', 'This message cannot be resent now'],
  notWhy: [
    '还在进行中、内容没有留存、或已由另一条消息代替。',
    'It is still running, its content is not kept, or another message has replaced it.',
  ],
  back: ['回到消息', 'Back to the message'],
  read: ['读取内容并更正', 'Read and correct'],
  readWhy: ['内容可能含患者信息；读取会写入审计。', 'The content may contain patient data; reading it writes an audit line.'],
  gone: ['没有留存内容，无法更正', 'No content is kept, so there is nothing to correct'],
});

export function ResendPage() {
  const { executionId = '' } = useParams();
  const may = useMay();
  const missing = (['executions.read', 'executions.retry', 'executions.payload'] as const).find((right) => !may(right));
  return missing === undefined ? <ResendOf key={executionId} executionId={executionId} /> : <NoRight permission={missing} />;
}

function ResendOf({ executionId }: { readonly executionId: string }) {
  const t = useTexts(TEXTS);
  const nameOf = useFlowName();
  const message = useQueryOf('executions.get', { executionId });
  const details = message.data;
  if (details === undefined && message.error !== null)
    return <ErrorBox error={message.error} onRetry={() => void message.refetch()} isPage />;
  if (details === undefined) return <Skeleton active />;
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        trail={[
          { label: t('messages'), to: '/messages' },
          { label: nameOf(details.flowId), to: `/messages/${executionId}` },
        ]}
        beside={<StatusTag status={details.status} />}
      />
      <Resend details={details} onReload={() => void message.refetch()} />
    </Page>
  );
}

interface Opened {
  readonly details: ExecutionDetails;
  readonly seen: Seen;
  readonly input: ShownMessage;
}

/**
 * Keeps the user's input even if the message continues in the meantime. The platform then refuses the resend, because
 * the request contains the old status of the message.
 */
function Resend({ details, onReload }: { readonly details: ExecutionDetails; readonly onReload: () => void }) {
  const t = useTexts(TEXTS);
  const { executionId, status, attempt } = details;
  const [isWanted, setWanted] = useState(false);
  const [opened, setOpened] = useState<Opened>();
  const seen = seenOf(details);
  const payload = usePayload(executionId, `${status} ${attempt}`, isWanted && opened === undefined);
  const input = payload.data?.input;
  useEffect(() => {
    if (opened === undefined && seen !== undefined && input !== undefined) setOpened({ details, seen, input });
  }, [opened, details, seen, input]);
  const reload = () => {
    setOpened(undefined);
    onReload();
  };
  if (opened !== undefined) return <ResendForm {...opened} onReload={reload} />;
  const back = <Link to={`/messages/${executionId}`}>{t('back')}</Link>;
  if (seen === undefined) return <Alert type="info" showIcon title={t('not')} description={t('notWhy')} action={back} />;
  if (payload.error !== null) return <ErrorBox error={payload.error} onRetry={() => void payload.refetch()} />;
  if (payload.data !== undefined && input === undefined) return <Alert type="info" showIcon title={t('gone')} action={back} />;
  return (
    <Panel>
      <p>{t('readWhy')}</p>
      <Button type="primary" icon={<Eye size={16} />} loading={payload.isFetching} onClick={() => setWanted(true)}>
        {t('read')}
      </Button>
    </Panel>
  );
}
