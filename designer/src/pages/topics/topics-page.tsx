/** The page `/topics`: the topics of the bus, which flows subscribe to them, and their last events. */
import { Button, Segmented } from 'antd';
import { CircleCheck, CirclePause, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { BUS_TOPICS, type BusTopic } from '../../../../engine/contract/values/bus-event.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { FlowLinks } from '../../kit/text/flow-links.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay, useMe } from '../../session/session-context.ts';
import { TopicDialog, type Topic } from './topic-dialog.tsx';
import { TopicEvents } from './topic-events.tsx';
import { TOPIC_HELP, TOPIC_TEXTS } from './topic-words.ts';
import styles from './topics.module.css';

const TEXTS = defineTexts({
  title: ['总线主题', 'Bus topics'],
  help: [
    '总线把自身发生的事写成事件：登记、发布、熔断、告警等。流程用“总线事件”触发器订阅，再转给其他系统或消息中间件。',
    'The bus records what happens in it as events: registrations, publications, breakers, alarms. Flows subscribe with the trigger "Bus events", and pass them on to other systems or brokers.',
  ],
  refresh: ['刷新', 'Refresh'],
  topic: ['主题', 'Topic'],
  state: ['状态', 'State'],
  on: ['启用', 'On'],
  off: ['停用', 'Off'],
  kept: ['保留', 'Kept'],
  days: ['{{count}} 天', '{{count}} {{count|day|days}}'],
  openTo: ['开放给', 'Open to'],
  own: ['各流程只收到本服务域的事件', 'Each flow gets the events of its own domain'],
  last: ['最近事件', 'Last event'],
  subscribers: ['订阅的流程', 'Subscribed flows'],
  edit: ['设置', 'Settings'],
  editOf: ['设置主题“{{topic}}”', 'Settings of the topic "{{topic}}"'],
  events: ['最近的事件', 'Last events'],
  empty: ['没有主题', 'No topics'],
  between: ['、', ', '],
});

const REFRESH_MS = 5_000;

export function TopicsPage() {
  const t = useTexts(TEXTS);
  const name = useTexts(TOPIC_TEXTS);
  const topics = useListOf('topics.list', {}, { refetchIntervalMs: REFRESH_MS });
  const [edited, setEdited] = useState<BusTopic>();
  const [address, setAddress] = useSearchParams();
  const shown = BUS_TOPICS.find((topic) => topic === address.get('topic')) ?? 'lifecycle';
  const events = useQueryOf('topics.events', { topic: shown, limit: 200 }, { refetchIntervalMs: REFRESH_MS, keepPrevious: true });
  const columns = useColumns(setEdited);
  const settings = topics.data?.items.find(({ topic }) => topic === edited);
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<Topic>
        label={t('title')}
        rows={topics.data?.items}
        rowKey={({ topic }) => topic}
        searchText={({ topic }) => `${topic} ${name(topic)}`}
        columns={columns}
        isLoading={topics.isPending}
        error={topics.error}
        onRefresh={() => void topics.refetch()}
        empty={<EmptyState title={t('empty')} />}
        exportName="bus-topics"
      />
      <Panel
        title={t('events')}
        extra={
          <>
            <Segmented<BusTopic>
              aria-label={t('topic')}
              value={shown}
              options={BUS_TOPICS.map((topic) => ({ value: topic, label: name(topic) }))}
              onChange={(topic) => setAddress({ topic }, { replace: true })}
            />
            <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void events.refetch()} />
          </>
        }
      >
        <TopicEvents
          topic={shown}
          events={events.data?.items}
          isLoading={events.isPending}
          error={events.error}
          onRetry={() => void events.refetch()}
        />
      </Panel>
      {settings === undefined ? null : <TopicDialog topic={settings} onClose={() => setEdited(undefined)} />}
    </Page>
  );
}

function useColumns(onEdit: (topic: BusTopic) => void): readonly Column<Topic>[] {
  const t = useTexts(TEXTS);
  const name = useTexts(TOPIC_TEXTS);
  const help = useTexts(TOPIC_HELP);
  const mayEdit = useMay()('system.edit');
  const isWhole = useMe().domains === 'all';
  const columns: Column<Topic>[] = [
    {
      key: 'topic',
      title: t('topic'),
      value: ({ topic }) => name(topic),
      render: ({ topic }) => (
        <>
          {name(topic)}
          <div className={styles.help}>{help(topic)}</div>
        </>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      value: ({ on }) => t(on ? 'on' : 'off'),
      render: ({ on }) => (
        <Tag tone={on ? 'green' : 'grey'} icon={on ? CircleCheck : CirclePause}>
          {t(on ? 'on' : 'off')}
        </Tag>
      ),
    },
    { key: 'kept', title: t('kept'), value: ({ retainDays }) => retainDays, render: ({ retainDays }) => t('days', { count: retainDays }) },
    {
      key: 'openTo',
      title: t('openTo'),
      value: ({ openTo }) => openTo.join(' '),
      render: ({ openTo }) => (openTo.length === 0 ? <span className={styles.help}>{t('own')}</span> : openTo.join(t('between'))),
    },
    {
      key: 'last',
      title: t('last'),
      value: ({ lastAt }) => lastAt ?? '',
      render: ({ lastAt }) => (lastAt === undefined ? '—' : <TimeText at={Date.parse(lastAt)} />),
    },
    {
      key: 'subscribers',
      title: t('subscribers'),
      value: ({ subscribers }) => subscribers.map(({ flowId }) => flowId).join(' '),
      render: ({ subscribers }) => <FlowLinks flows={subscribers} />,
    },
  ];
  if (!mayEdit || !isWhole) return columns;
  return [
    ...columns,
    {
      key: 'acts',
      title: '',
      width: 96,
      render: ({ topic }) => (
        <Button size="small" aria-label={t('editOf', { topic: name(topic) })} onClick={() => onEdit(topic)}>
          {t('edit')}
        </Button>
      ),
    },
  ];
}
