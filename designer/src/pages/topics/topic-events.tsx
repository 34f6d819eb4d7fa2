import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import type { BusTopic } from '../../../../engine/contract/values/bus-event.ts';
import type { Output } from '../../api/operation-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useTopicEventWords } from './topic-words.ts';
import styles from './topics.module.css';

const TEXTS = defineTexts({
  label: ['最近的事件', 'Last events'],
  sequence: ['序号', 'Number'],
  at: ['时间', 'Time'],
  what: ['事件', 'Event'],
  subject: ['对象', 'Subject'],
  data: ['详情', 'Details'],
  empty: ['还没有事件', 'No events yet'],
  emptyNext: ['主题启用后发生的事会出现在这里。', 'What happens while the topic is on appears here.'],
});

/** Names of the details; others are shown as they are. */
const NAMES = defineTexts({
  by: ['操作者', 'by'],
  state: ['状态', 'state'],
  revision: ['修订号', 'revision'],
  version: ['版本', 'version'],
  rule: ['规则', 'rule'],
  severity: ['级别', 'severity'],
  gateway: ['网关进程', 'gateway'],
  about: ['对象', 'about'],
  values: ['说明', 'details'],
  missed: ['条数', 'how many'],
  ms: ['毫秒', 'ms'],
  front: ['网关', 'front'],
  traceId: ['追踪号', 'trace id'],
  appId: ['应用', 'app'],
  code: ['错误码', 'code'],
  status: ['状态码', 'status'],
});
/** Already said by the words of the event. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['act', 'alarm', 'outcome']);

type TopicEvent = Output<'topics.events'>['items'][number];

interface TopicEventsProps {
  readonly topic: BusTopic;
  readonly events: readonly TopicEvent[] | undefined;
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly onRetry: () => void;
}

export function TopicEvents({ topic, events, isLoading, error, onRetry }: TopicEventsProps) {
  const t = useTexts(TEXTS);
  const columns = useColumns();
  if (error !== null) return <ErrorBox error={error} onRetry={onRetry} />;
  return (
    <Table<TopicEvent>
      key={topic}
      aria-label={t('label')}
      size="small"
      rowKey={({ id }) => id}
      columns={columns}
      dataSource={[...(events ?? [])]}
      loading={isLoading}
      pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: isLoading ? ' ' : <EmptyState title={t('empty')} next={t('emptyNext')} /> }}
    />
  );
}

function useColumns(): TableColumnsType<TopicEvent> {
  const t = useTexts(TEXTS);
  const words = useTopicEventWords();
  return [
    { key: 'sequence', title: t('sequence'), align: 'right', render: (_value, { sequence }) => Number(sequence) },
    { key: 'at', title: t('at'), render: (_value, { time }) => <TimeText at={Date.parse(time)} /> },
    {
      key: 'what',
      title: t('what'),
      render: (_value, { type }) => (
        <>
          {words(type)}
          <div className={styles.help}>
            <code>{type}</code>
          </div>
        </>
      ),
    },
    { key: 'subject', title: t('subject'), render: (_value, { subject }) => (subject === undefined ? '—' : <Subject id={subject} />) },
    { key: 'data', title: t('data'), render: (_value, { data }) => <Values data={data} /> },
  ];
}

const PAGES = { ifc_: 'interfaces', flw_: 'flows', adp_: 'adapters' } as const;

function Subject({ id }: { readonly id: string }) {
  const [, page] = Object.entries(PAGES).find(([prefix]) => id.startsWith(prefix)) ?? [];
  return page === undefined ? <code>{id}</code> : <Link to={`/${page}/${id.split('/')[0]}`}>{id}</Link>;
}

function Values({ data }: Pick<TopicEvent, 'data'>) {
  const name = useTexts(NAMES);
  const details = Object.entries(data).filter(([key]) => !NOT_SHOWN.has(key));
  return (
    <span className={styles.values}>
      {details.map(([key, value]) => (
        <span key={key}>
          {key in NAMES ? name(key as keyof typeof NAMES) : key}{' '}
          <code>{typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)}</code>
        </span>
      ))}
    </span>
  );
}
