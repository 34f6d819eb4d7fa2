/** The page `/flow-data`: what flows keep between executions. Collections wait for a group; the state has entries by key. */
import { TriangleAlert } from 'lucide-react';
import type { Output } from '../../api/operation-types.ts';
import { useListOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { FlowLinks } from '../../kit/text/flow-links.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay } from '../../session/session-context.ts';
import { RemoveItems } from './remove-items.tsx';
import { StateLookup } from './state-lookup.tsx';

const TEXTS = defineTexts({
  title: ['流程数据', 'Flow data'],
  help: [
    '流程在两次执行之间保留的数据：等待成组的汇集，以及按键保存的状态。内容加密保存。',
    'What flows keep between executions: collections that wait for a group, and state by key. The content is encrypted.',
  ],
  collections: ['等待成组的汇集', 'Collections that wait'],
  collection: ['汇集', 'Collection'],
  domain: ['服务域', 'Domain'],
  keys: ['键数', 'Keys'],
  items: ['条数', 'Items'],
  bytes: ['大小', 'Size'],
  oldest: ['最早加入', 'Oldest item'],
  flows: ['使用的流程', 'Flows'],
  untaken: ['没有已发布的流程接收', 'No published flow takes it'],
  empty: ['没有等待的数据', 'Nothing waits'],
  emptyNext: [
    '流程用“加入汇集”节点加入数据；以“汇集完成”开头的流程按数量、大小或时间取走整组。',
    'Flows add data with the node "Add to collection"; flows that begin with "Collected group" take groups by count, size or time.',
  ],
});

type WaitingCollection = Output<'flow-data.collections'>['items'][number];

const REFRESH_MS = 5_000;

export function FlowDataPage() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const collections = useListOf('flow-data.collections', {}, { refetchIntervalMs: REFRESH_MS });
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<WaitingCollection>
        label={t('collections')}
        rows={collections.data?.items}
        rowKey={({ domain, collection }) => `${domain} ${collection}`}
        searchText={({ domain, collection }) => `${domain} ${collection}`}
        columns={useColumns()}
        isLoading={collections.isPending}
        error={collections.error}
        onRefresh={() => void collections.refetch()}
        empty={<EmptyState title={t('empty')} next={t('emptyNext')} />}
        exportName="collections"
      />
      {may('executions.payload') || may('executions.retry') ? <StateLookup /> : null}
    </Page>
  );
}

function useColumns(): readonly Column<WaitingCollection>[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const may = useMay();
  return [
    {
      key: 'collection',
      title: t('collection'),
      value: ({ collection }) => collection,
      render: ({ collection }) => <code>{collection}</code>,
    },
    { key: 'domain', title: t('domain'), value: ({ domain }) => domain, render: ({ domain }) => domain },
    { key: 'keys', title: t('keys'), value: ({ keys }) => keys, render: ({ keys }) => format.number(keys) },
    { key: 'items', title: t('items'), value: ({ items }) => items, render: ({ items }) => format.number(items) },
    { key: 'bytes', title: t('bytes'), value: ({ bytes }) => bytes, render: ({ bytes }) => format.size(bytes) },
    {
      key: 'oldest',
      title: t('oldest'),
      value: ({ oldestAt }) => oldestAt,
      render: ({ oldestAt }) => <TimeText at={oldestAt} isAgo />,
    },
    {
      key: 'flows',
      title: t('flows'),
      value: ({ flows }) => flows.map(({ flowId }) => flowId).join(' '),
      render: ({ flows, isTaken }) => (
        <>
          <FlowLinks flows={flows} />
          {isTaken ? null : (
            <div>
              <Tag tone="amber" icon={TriangleAlert}>
                {t('untaken')}
              </Tag>
            </div>
          )}
        </>
      ),
    },
    ...(may('executions.cancel') || may('flows.edit')
      ? [{ key: 'acts', title: '', render: (collection: WaitingCollection) => <RemoveItems {...collection} /> }]
      : []),
  ];
}
