import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Drawer } from 'antd';
import { useSearchParams } from 'react-router';
import { call, type ApiError } from '../../api/client.ts';
import type { Outputs } from '../../api/outputs.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { RequestDetails } from './request-details.tsx';
import { RequestStatusTag, STATUS_TEXTS, useWhat, type RequestItem } from './request-words.tsx';
import styles from './requests-page.module.css';

const TEXTS = defineTexts({
  title: ['申请', 'Requests'],
  help: [
    '自己无权做的事可以申请；有权的人说明理由后决定，同意即以其名义执行，全程留审计。',
    'What one may not do one may ask for. Those who may decide with a reason; what they accept runs as their act, and all of it is audited.',
  ],
  what: ['申请', 'Asked for'],
  by: ['申请人', 'By'],
  at: ['时间', 'When'],
  reason: ['理由', 'Why'],
  status: ['状态', 'State'],
  more: ['加载更多申请', 'Show more requests'],
  empty: ['没有申请', 'No requests'],
  emptyHelp: [
    '在无权发布流程、开放接口、授权应用、修改凭据的地方点“申请”，就会出现在这里；等您决定的也在这里。',
    'Where you may not publish a flow, offer an interface, grant it or change a credential, you can ask for it: it stands here then, with what waits for your decision.',
  ],
});

interface PageWish {
  readonly after?: string;
}

/** What waits for this person's decision first, then what they asked for. */
export function RequestsPage() {
  const t = useTexts(TEXTS);
  const list = useInfiniteQuery<Outputs['requests.list'], ApiError, Outputs['requests.list']['items'], readonly string[], PageWish>({
    queryKey: ['requests.list'],
    queryFn: ({ pageParam, signal }) => call('requests.list', pageParam, { signal }),
    initialPageParam: {},
    getNextPageParam: ({ next }) => (next === undefined ? undefined : { after: next }),
    select: ({ pages }) => unique(pages.flatMap(({ items }) => items)),
    refetchInterval: 15_000,
  });
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
    { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
    { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <TimeText at={at} /> },
    {
      key: 'status',
      title: t('status'),
      value: ({ status }) => statusOf(status),
      render: ({ status }) => <RequestStatusTag status={status} />,
    },
  ];
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<RequestItem>
        label={t('title')}
        rows={list.data}
        rowKey={({ requestId }) => requestId}
        columns={columns}
        searchText={(item) => `${whatOf(item)} ${item.by} ${item.reason}`}
        isLoading={list.isPending}
        error={list.error}
        onRefresh={() => void list.refetch()}
        onOpen={({ requestId }) => setOpened(requestId)}
        empty={<EmptyState title={t('empty')} next={t('emptyHelp')} />}
        exportName="requests"
      />
      {list.hasNextPage ? (
        <Button className={styles.more ?? ''} loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('more')}
        </Button>
      ) : null}
      <Drawer open={opened !== undefined} size={640} title={t('title')} onClose={() => setOpened()}>
        {opened === undefined ? null : <RequestDetails requestId={opened} onEnd={() => setOpened()} />}
      </Drawer>
    </Page>
  );
}

/** One that was decided between two pages would stand on both. */
function unique(items: readonly RequestItem[]): readonly RequestItem[] {
  return [...new Map(items.map((item) => [item.requestId, item])).values()];
}
