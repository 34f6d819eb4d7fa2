import { Alert, Drawer } from 'antd';
import { useSearchParams } from 'react-router';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DataTable, type Column, type Filter } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { OneLine } from '../../kit/text/one-line-text.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { RequestDetails } from './request-details.tsx';
import { RequestStatusTag, STATUS_TEXTS, useWhat, type RequestItem } from '../../kit/approval/request-words.tsx';
import { useAllRequests } from './use-all-requests.ts';

const TEXTS = defineTexts({
  title: ['申请', 'Requests'],
  help: [
    '自己无权做的事可以申请；有权的人说明理由后决定，同意即以其名义执行，全程留审计。',
    'You can request actions that you do not have the right to do. People with the right decide with a reason; accepted requests run as their own actions, and everything is audited.',
  ],
  what: ['申请', 'Asked for'],
  by: ['申请人', 'By'],
  at: ['时间', 'When'],
  reason: ['理由', 'Why'],
  status: ['状态', 'State'],
  side: ['与我的关系', 'Whose'],
  waiting: ['等我决定的', 'Waiting for me'],
  own: ['我提交的', 'Requested by me'],
  decided: ['我决定过的', 'Decided by me'],
  cut: ['只列出前 1,000 项，搜索和筛选也只在其中进行。', 'Only the first 1,000 are listed; search and filters apply only to these.'],
  empty: ['没有申请', 'No requests'],
  emptyHelp: [
    '在无权发布流程、开放接口、授权应用、修改凭据的地方点“申请”，就会出现在这里；等您决定的也在这里。',
    'If you do not have the right to publish a flow, create an interface, grant it or change a credential, you can request it. Your requests are listed here, together with those that wait for your decision.',
  ],
});

const SIDES = ['waiting', 'own', 'decided'] as const;
const STATUSES = ['open', 'done', 'refused', 'failed', 'withdrawn'] as const;

/**
 * Shows the requests that wait for this user's decision, then the user's own requests, then the requests that the user
 * has decided.
 */
export function RequestsPage() {
  const t = useTexts(TEXTS);
  const me = useMe();
  const list = useAllRequests();
  const [address, setAddress] = useSearchParams();
  const opened = address.get('request') ?? undefined;
  const setOpened = (requestId?: string) =>
    setAddress(
      (now) => {
        const next = new URLSearchParams(now);
        if (requestId === undefined) next.delete('request');
        else next.set('request', requestId);
        return next;
      },
      { replace: true },
    );
  const whatOf = useWhat();
  const statusOf = useTexts(STATUS_TEXTS);
  const columns: readonly Column<RequestItem>[] = [
    { key: 'what', title: t('what'), value: whatOf, render: (item) => whatOf(item) },
    { key: 'by', title: t('by'), value: ({ by }) => by, render: ({ by }) => by },
    { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => <OneLine>{reason}</OneLine> },
    { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <TimeText at={at} /> },
    {
      key: 'status',
      title: t('status'),
      value: ({ status }) => statusOf(status),
      render: ({ status }) => <RequestStatusTag status={status} />,
    },
  ];
  const filters: readonly Filter<RequestItem>[] = [
    {
      key: 'side',
      label: t('side'),
      options: SIDES.map((side) => ({ value: side, label: t(side) })),
      test: (item, side) => isOfSide(item, side, me.name),
    },
    {
      key: 'status',
      label: t('status'),
      options: STATUSES.map((status) => ({ value: status, label: statusOf(status) })),
      test: (item, status) => item.status === status,
    },
  ];
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<RequestItem>
        label={t('title')}
        rows={list.items}
        rowKey={({ requestId }) => requestId}
        columns={columns}
        filters={filters}
        searchText={(item) => `${whatOf(item)} ${item.by} ${item.reason}`}
        isLoading={list.isReading}
        error={list.error}
        onRefresh={list.refresh}
        onOpen={({ requestId }) => setOpened(requestId)}
        empty={<EmptyState title={t('empty')} next={t('emptyHelp')} />}
        exportName="requests"
      />
      {list.isCut ? <Alert type="info" showIcon title={t('cut')} /> : null}
      <Drawer open={opened !== undefined} size={640} title={t('title')} onClose={() => setOpened()}>
        {opened === undefined ? null : <RequestDetails requestId={opened} onEnd={() => setOpened()} />}
      </Drawer>
    </Page>
  );
}

function isOfSide({ by, decidedBy, mayDecide }: RequestItem, side: string, me: string): boolean {
  if (side === 'waiting') return mayDecide;
  return side === 'own' ? by === me : decidedBy === me;
}
