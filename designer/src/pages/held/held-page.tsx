/** The page `/held`: held messages by cause, and the bulk operations that act on many of them. */
import { Button, Skeleton, Tooltip } from 'antd';
import { RefreshCw, Search } from 'lucide-react';
import { Link } from 'react-router';
import type { NamedHeldGroup } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { causeOf } from '../../model/problems/error-causes.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { BulkList } from './bulk-list.tsx';
import { CausePanel, type CauseSection } from './cause-panel.tsx';
import { ADDRESS_OF_ALL } from '../messages/held-group.ts';
import { useBulks } from './use-bulks.tsx';

const TEXTS = defineTexts({
  title: ['待人工处理', 'Held messages'],
  help: [
    '结果不明或无法自动继续的消息，按原因和系统归在一起。先看对方的情况，再重试、更正后重发或取消。',
    'Messages that need a decision by a person, by cause and system. Check the other side, then retry, correct and resend, or cancel.',
  ],
  refresh: ['刷新', 'Refresh'],
  search: ['按患者等业务键查找', 'Find by patient'],
  empty: ['没有待人工处理的消息', 'No message waits for a decision'],
  emptyNext: ['出现时这里会自动列出，顶栏也会提示。', 'New ones are listed here, and the top bar shows their number.'],
  most: ['挂起的超过 10,000 条，只统计最早的 10,000 条。', 'More than 10,000 are held; the earliest 10,000 are counted.'],
});

const REFRESH_MS = 5000;

export function HeldPage() {
  const t = useTexts(TEXTS);
  const held = useQueryOf('held.groups', {}, { refetchIntervalMs: REFRESH_MS });
  const bulks = useBulks();
  const sections = sectionsOf(held.data?.groups ?? []);
  const actions = (
    <>
      <Link to={ADDRESS_OF_ALL}>
        <Button icon={<Search size={16} />} tabIndex={-1}>
          {t('search')}
        </Button>
      </Link>
      <Tooltip title={t('refresh')}>
        <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void held.refetch()} />
      </Tooltip>
    </>
  );
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={actions} />
      {held.error === null ? null : <ErrorBox error={held.error} onRetry={() => void held.refetch()} />}
      <BulkList onGoOn={bulks.goOn} />
      {held.isPending ? <Skeleton active /> : null}
      {held.data?.groups.length === 0 ? (
        <Panel>
          <EmptyState title={t('empty')} next={t('emptyNext')} />
        </Panel>
      ) : null}
      {held.data?.more === true ? <div role="status">{t('most')}</div> : null}
      {sections.map((section) => (
        <CausePanel key={section.key} section={section} onBegin={bulks.begin} />
      ))}
      {bulks.dialog}
    </Page>
  );
}

/** Groups the messages by cause and called system, whatever their flows and nodes. The largest group comes first. */
function sectionsOf(groups: readonly NamedHeldGroup[]): readonly CauseSection[] {
  const sections = Map.groupBy(groups, ({ code, adapter, flowId }) => {
    const cause = causeOf(code);
    // Errors that flows define all have the cause `other`. The same code means something else in each flow, so make a
    // group for each flow and code.
    return `${cause} ${adapter?.adapterId ?? ''} ${cause === 'other' ? `${flowId} ${code}` : ''}`;
  });
  return Array.from(sections, ([key, members]) => ({
    key,
    groups: members,
    count: members.reduce((sum, { count }) => sum + count, 0),
  })).sort((a, b) => b.count - a.count);
}
