import { Button } from 'antd';
import { Unplug } from 'lucide-react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay } from '../../session/session-context.ts';
import { BROKER_TEXTS, type Broker, type Session } from './broker-texts.ts';
import styles from './brokers.module.css';

const TEXTS = defineTexts({
  label: ['会话', 'Sessions'],
  client: ['客户端', 'Client'],
  user: ['用户', 'User'],
  address: ['地址', 'Address'],
  since: ['开始时间', 'Since'],
  protocol: ['协议', 'Protocol'],
  group: ['消费组', 'Consumer group'],
  consumes: ['正在消费', 'Consumes'],
  end: ['断开', 'Disconnect'],
  endEffect: [
    '断开“{{client}}”（{{address}}）的连接。客户端可能自动重新连接；未确认的消息会重新投递。',
    'Disconnects "{{client}}" ({{address}}). The client may connect again by itself; messages that it has not acknowledged are delivered again.',
  ],
  empty: ['没有会话', 'No sessions'],
  emptyNext: ['连接到该中间件的客户端会列在这里。', 'Clients that are connected to the broker appear here.'],
});

interface SessionTableProps {
  readonly adapterId: string;
  readonly features: NonNullable<Broker['about']>['features'];
}

const REFRESH_MS = 5_000;

export function SessionTable({ adapterId, features }: SessionTableProps) {
  const t = useTexts(TEXTS);
  const sessions = useListOf('brokers.sessions', { adapterId }, { refetchIntervalMs: REFRESH_MS });
  return (
    <DataTable<Session>
      label={t('label')}
      rows={sessions.data?.items}
      rowKey={({ sessionId }) => sessionId}
      searchText={({ client, user = '', address, consumes }) => `${client} ${user} ${address} ${consumes.join(' ')}`}
      columns={useColumns(adapterId, features)}
      isLoading={sessions.isPending}
      error={sessions.error}
      onRefresh={() => void sessions.refetch()}
      empty={<EmptyState title={t('empty')} next={t('emptyNext')} />}
      exportName={`${adapterId}-sessions`}
    />
  );
}

function useColumns(adapterId: string, { endSessions, subscriptions }: SessionTableProps['features']): readonly Column<Session>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const mayEnd = useMay()('brokers.edit') && endSessions;
  const isGrouped = subscriptions === 'groups';
  const columns: readonly (Column<Session> | false)[] = [
    {
      key: 'client',
      title: t('client'),
      value: ({ client }) => client,
      render: ({ client }) => <span className={styles.name}>{client}</span>,
    },
    isGrouped && { key: 'group', title: t('group'), value: ({ group = '' }) => group, render: ({ group = '' }) => <code>{group}</code> },
    !isGrouped && { key: 'user', title: t('user'), value: ({ user = '' }) => user, render: ({ user }) => user ?? words('none') },
    { key: 'address', title: t('address'), value: ({ address }) => address, render: ({ address }) => <code>{address}</code> },
    !isGrouped && {
      key: 'since',
      title: t('since'),
      value: ({ since = 0 }) => since,
      render: ({ since }) => (since === undefined ? words('none') : <TimeText at={since} />),
    },
    !isGrouped && {
      key: 'protocol',
      title: t('protocol'),
      value: ({ protocol = '' }) => protocol,
      render: ({ protocol }) => protocol ?? words('none'),
    },
    {
      key: 'consumes',
      title: t('consumes'),
      value: ({ consumes }) => consumes.join(' '),
      render: ({ consumes }) =>
        consumes.length === 0
          ? words('none')
          : consumes.map((name) => (
              <div key={name}>
                <code className={styles.name}>{name}</code>
              </div>
            )),
    },
    mayEnd && { key: 'acts', title: '', render: (session) => <End adapterId={adapterId} session={session} /> },
  ];
  return columns.filter((column) => column !== false);
}

function End({ adapterId, session: { sessionId, client, address } }: { readonly adapterId: string; readonly session: Session }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const end = useMutationOf('brokers.end-session');
  const ask = () =>
    confirm({
      ...{ title: `${t('end')} · ${client}`, effect: t('endEffect', { client, address }), verb: t('end') },
      ...{ isDangerous: true, needsReason: true },
      run: ($reason) => end.mutateAsync({ adapterId, sessionId, $reason }),
    });
  return (
    <Button type="text" size="small" icon={<Unplug size={16} />} title={t('end')} aria-label={`${t('end')}: ${client}`} onClick={ask} />
  );
}
