import { Button } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { useMay } from '../../session/session-context.ts';
import { BROKER_TEXTS, brokerWord, type Broker, type Destination } from './broker-texts.ts';
import styles from './brokers.module.css';
import { BrowseDrawer } from './browse-drawer.tsx';
import { DestinationActs } from './destination-acts.tsx';
import { NewDestinationDialog } from './new-destination-dialog.tsx';

const TEXTS = defineTexts({
  label: ['队列与主题', 'Queues and topics'],
  name: ['名称', 'Name'],
  kind: ['种类', 'Kind'],
  type: ['类型', 'Type'],
  unacknowledged: ['未确认', 'Not acknowledged'],
  size: ['大小', 'Size'],
  partitions: ['分区', 'Partitions'],
  deadLetters: ['死信', 'Dead letters'],
  builtIn: ['中间件自带', 'built in'],
  transient: ['不持久', 'not durable'],
  create: ['新建', 'New'],
  empty: ['还没有队列或主题', 'No queues or topics yet'],
  emptyNext: ['新建一个，或由流程和其他系统建立。', 'Create one here; flows and other systems may create them too.'],
});

interface DestinationTableProps {
  readonly adapterId: string;
  readonly features: NonNullable<Broker['about']>['features'];
}

const REFRESH_MS = 5_000;

export function DestinationTable({ adapterId, features }: DestinationTableProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const language = useLanguage();
  const may = useMay();
  const [opened, setOpened] = useState<Destination | 'new'>();
  const destinations = useListOf('brokers.destinations', { adapterId }, { refetchIntervalMs: REFRESH_MS });
  const close = () => setOpened(undefined);
  const create = may('brokers.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setOpened('new')}>
      {t('create')}
    </Button>
  ) : null;
  const kinds = features.kinds.map((kind) => ({ value: kind, label: words(kind) }));
  return (
    <>
      <DataTable<Destination>
        label={t('label')}
        rows={destinations.data?.items}
        rowKey={({ kind, name }) => `${kind} ${name}`}
        searchText={({ name, type }) => `${name} ${type} ${brokerWord(type, language)}`}
        columns={useColumns(adapterId, features, setOpened)}
        {...(kinds.length === 1
          ? {}
          : { filters: [{ key: 'kind', label: t('kind'), options: kinds, test: ({ kind }, value) => kind === value }] })}
        isLoading={destinations.isPending}
        error={destinations.error}
        onRefresh={() => void destinations.refetch()}
        empty={<EmptyState needs="brokers.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        actions={create}
        exportName={`${adapterId}-destinations`}
      />
      {opened === 'new' ? <NewDestinationDialog adapterId={adapterId} features={features} onClose={close} /> : null}
      {typeof opened === 'object' ? <BrowseDrawer adapterId={adapterId} destination={opened} onClose={close} /> : null}
    </>
  );
}

function useColumns(
  adapterId: string,
  { kinds, subscriptions }: DestinationTableProps['features'],
  onBrowse: (destination: Destination) => void,
): readonly Column<Destination>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const language = useLanguage();
  const format = useFormat();
  const number = (value: number | undefined) => (value === undefined ? words('none') : format.number(value));
  const isOfQueues = subscriptions === 'bindings';
  const columns: readonly (Column<Destination> | false)[] = [
    {
      key: 'name',
      title: t('name'),
      value: ({ name }) => name,
      render: ({ name, builtIn, durable }) => (
        <>
          <code className={styles.name}>{name}</code>
          {builtIn === true ? <div className={styles.quiet}>{t('builtIn')}</div> : null}
          {durable ? null : <div className={styles.quiet}>{t('transient')}</div>}
        </>
      ),
    },
    kinds.length > 1 && { key: 'kind', title: t('kind'), value: ({ kind }) => words(kind), render: ({ kind }) => words(kind) },
    {
      key: 'type',
      title: t('type'),
      value: ({ type }) => brokerWord(type, language),
      render: ({ type }) => brokerWord(type, language),
    },
    {
      key: 'messages',
      title: words('messages'),
      align: 'right',
      value: ({ messages = 0 }) => messages,
      render: ({ messages }) => number(messages),
    },
    isOfQueues && {
      key: 'unacknowledged',
      title: t('unacknowledged'),
      align: 'right',
      value: ({ unacknowledged = 0 }) => unacknowledged,
      render: ({ unacknowledged }) => number(unacknowledged),
    },
    isOfQueues && {
      key: 'size',
      title: t('size'),
      align: 'right',
      value: ({ bytes = 0 }) => bytes,
      render: ({ bytes }) => (bytes === undefined ? words('none') : format.size(bytes)),
    },
    !isOfQueues && {
      key: 'partitions',
      title: t('partitions'),
      align: 'right',
      value: ({ partitions = 0 }) => partitions,
      render: ({ partitions }) => number(partitions),
    },
    {
      key: 'consumers',
      title: words('consumers'),
      align: 'right',
      value: ({ consumers = 0 }) => consumers,
      render: ({ consumers }) => number(consumers),
    },
    isOfQueues && {
      key: 'deadLetters',
      title: t('deadLetters'),
      value: ({ deadLetterTo = '' }) => deadLetterTo,
      render: ({ deadLetterTo }) => (deadLetterTo === undefined ? words('none') : <code className={styles.name}>{deadLetterTo}</code>),
    },
    {
      key: 'acts',
      title: '',
      render: (destination) => <DestinationActs adapterId={adapterId} destination={destination} onBrowse={() => onBrowse(destination)} />,
    },
  ];
  return columns.filter((column) => column !== false);
}
