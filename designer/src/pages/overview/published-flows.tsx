import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import type { Overview } from '../../api/operations.ts';
import { useLiveFlows } from '../../api/live-flows.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { FlowStateTag } from '../../release/flow-state-tag.tsx';
import styles from './overview-page.module.css';

const TEXTS = defineTexts({
  title: ['已发布的流程', 'Published flows'],
  all: ['全部流程', 'All flows'],
  name: ['名称', 'Name'],
  state: ['状态', 'State'],
  perMinute: ['最近一分钟', 'Last minute'],
  errors: ['其中失败', 'Of these, failed'],
  inFlight: ['运行中', 'Running'],
  today: ['今日', 'Today'],
  empty: ['还没有发布流程', 'No flow is published yet'],
  emptyNext: ['打开一条流程，检查无误后发布。', 'Open a flow, check it and publish it.'],
});

type Flow = Overview['flows'][number];

/** Lists published flows with their live traffic. */
export function PublishedFlows({ flows }: { readonly flows: readonly Flow[] }) {
  const t = useTexts(TEXTS);
  const columns = useColumns();
  return (
    <Panel title={t('title')} extra={<Link to="/flows">{t('all')}</Link>}>
      <Table<Flow>
        aria-label={t('title')}
        size="small"
        rowKey="flowId"
        columns={columns}
        dataSource={flows.filter(({ publishedVersion }) => publishedVersion !== undefined)}
        pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <EmptyState needs="flows.publish" title={t('empty')} next={t('emptyNext')} /> }}
      />
    </Panel>
  );
}

function useColumns(): TableColumnsType<Flow> {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const live = useLiveFlows();
  // The count of the day is updated only every few seconds, but the count of the last minute every second. So the count
  // of the day may be the smaller one; then show the count of the minute.
  const todayOf = ({ flowId, today }: Flow) => Math.max(today, live[flowId]?.perMinute ?? 0);
  const figure = (key: 'perMinute' | 'errors' | 'inFlight') => ({
    key,
    title: t(key),
    align: 'right' as const,
    sorter: (a: Flow, b: Flow) => (live[a.flowId]?.[key] ?? 0) - (live[b.flowId]?.[key] ?? 0),
    render: (_value: unknown, { flowId }: Flow) => {
      const known = live[flowId]?.[key];
      return known === undefined ? '—' : format.number(known);
    },
  });
  return [
    {
      key: 'name',
      title: t('name'),
      sorter: (a, b) => text(a.name).localeCompare(text(b.name), 'zh-CN'),
      render: (_value, { flowId, name }) => (
        <div>
          <Link className={styles.name ?? ''} to={`/flows/${flowId}`}>
            {text(name)}
          </Link>
          <div>
            <code className={styles.id}>{flowId}</code>
          </div>
        </div>
      ),
    },
    { key: 'state', title: t('state'), render: (_value, flow) => <FlowStateTag flow={flow} /> },
    figure('perMinute'),
    figure('errors'),
    figure('inFlight'),
    {
      key: 'today',
      title: t('today'),
      align: 'right',
      sorter: (a, b) => todayOf(a) - todayOf(b),
      render: (_value, flow) => format.number(todayOf(flow)),
    },
  ];
}
