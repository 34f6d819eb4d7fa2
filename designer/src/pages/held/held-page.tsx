/** `/held`: messages that wait for a person, together with those that stand at the same place for the same reason. */
import { Button, Skeleton } from 'antd';
import { Ban, RefreshCw, RotateCcw } from 'lucide-react';
import { Link } from 'react-router';
import type { ExecutionSummary } from '../../../../engine/services.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox, NoRight } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { useFlowName } from '../messages/use-flow-name.ts';
import { useMessageActs } from '../messages/use-message-acts.ts';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  title: ['待处理', 'Held messages'],
  help: [
    '平台不敢自作主张的消息：核对对方的情况，再决定重试或取消。同一流程、同一节点、同一原因的放在一起。',
    'Messages the platform must not decide alone: ask the other side, then retry or cancel. Those of one flow, node and reason stand together.',
  ],
  refresh: ['刷新', 'Refresh'],
  empty: ['没有待处理的消息', 'No message waits for a person'],
  count: ['{{count}} 条', '{{count}}'],
  most: ['只列出最近的 {{count}} 条；处理后再刷新。', 'The latest {{count}} are listed; deal with them and refresh.'],
  known: ['没有生效，可安全重试', 'Not done: a retry is safe'],
  unknown: ['结果不明，先核对', 'Outcome unknown: ask first'],
  open: ['在画布上看', 'Open on the canvas'],
});

const MOST = 200;
const REFRESH_MS = 10_000;

export function HeldPage() {
  return useMay()('executions.read') ? <Held /> : <NoRight permission="executions.read" />;
}

function Held() {
  const t = useTexts(TEXTS);
  const held = useQueryOf('executions.held', { limit: MOST }, { refetchIntervalMs: REFRESH_MS });
  const refresh = <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void held.refetch()} />;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={refresh} />
      {held.error === null ? null : <ErrorBox error={held.error} onRetry={() => void held.refetch()} />}
      {held.isPending ? <Skeleton active /> : null}
      {held.data?.items.length === 0 ? (
        <Panel>
          <EmptyState title={t('empty')} />
        </Panel>
      ) : null}
      {held.data?.next === undefined ? null : <div>{t('most', { count: MOST })}</div>}
      {groupsOf(held.data?.items ?? []).map((group) => (
        <Group key={group.key} items={group.items} />
      ))}
    </Page>
  );
}

interface HeldGroup {
  readonly key: string;
  readonly items: readonly ExecutionSummary[];
}

/** In the order of their latest message. */
function groupsOf(items: readonly ExecutionSummary[]): readonly HeldGroup[] {
  const groups = Map.groupBy(items, ({ flowId, held }) => `${flowId} ${held?.node} ${held?.reason}`);
  return Array.from(groups, ([key, members]) => ({ key, items: members }));
}

function Group({ items }: { readonly items: readonly ExecutionSummary[] }) {
  const t = useTexts(TEXTS);
  const nameOf = useFlowName();
  const [first] = items;
  if (first === undefined) return null;
  const title = (
    <span className={styles.title}>
      {nameOf(first.flowId)} <code>{first.held?.node}</code> <code>{first.held?.reason}</code>
    </span>
  );
  return (
    <Panel title={title} extra={<Tag tone="violet">{t('count', { count: items.length })}</Tag>}>
      <ul className={styles.items}>
        {items.map((item) => (
          <Item key={item.executionId} item={item} />
        ))}
      </ul>
    </Panel>
  );
}

function Item({ item }: { readonly item: ExecutionSummary }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const acts = useMessageActs();
  const isKnown = item.held?.outcomeKnown === true;
  return (
    <li className={styles.item}>
      <TimeText at={item.acceptedAt} />
      <CopyText text={item.executionId} isShort />
      <Tag tone={isKnown ? 'green' : 'amber'}>{t(isKnown ? 'known' : 'unknown')}</Tag>
      <span className={styles.acts}>
        <Link to={`/messages/${item.executionId}`}>{t('open')}</Link>
        {may('executions.retry') ? (
          <Button size="small" icon={<RotateCcw size={14} />} onClick={() => acts.retry(item)}>
            {acts.words.retry}
          </Button>
        ) : null}
        {may('executions.cancel') ? (
          <Button size="small" danger icon={<Ban size={14} />} onClick={() => acts.cancel(item)}>
            {acts.words.cancel}
          </Button>
        ) : null}
      </span>
    </li>
  );
}
