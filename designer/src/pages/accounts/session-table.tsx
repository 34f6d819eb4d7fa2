import { Button } from 'antd';
import { MonitorSmartphone, Terminal } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SessionLine } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';

const TEXTS = defineTexts({
  sessions: ['会话与令牌', 'Sessions and tokens'],
  session: ['浏览器会话', 'Browser session'],
  token: ['令牌', 'Token'],
  kind: ['种类', 'Kind'],
  label: ['名称', 'Label'],
  rights: ['权限', 'Rights'],
  all: ['与账号相同', 'Those of the account'],
  from: ['来源地址', 'From'],
  current: ['当前', 'This one'],
  seen: ['最近使用', 'Last used'],
  expires: ['到期', 'Ends'],
  end: ['结束', 'End'],
  endEffect: ['使用它的浏览器或程序立即退出。', 'The browser or program that uses it is logged out now.'],
  empty: ['没有会话', 'No sessions'],
});

interface SessionTableProps {
  readonly rows: readonly SessionLine[] | undefined;
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly onRefresh: () => void;
  readonly onEnd: (id: string) => Promise<unknown>;
  readonly actions?: ReactNode;
}

/** Lists the browser sessions and tokens of one account, each with its expiry. */
export function SessionTable({ rows, isLoading, error, onRefresh, onEnd, actions }: SessionTableProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const confirm = useConfirm();
  const kind = (line: SessionLine) => t(line.kind);
  const rights = (line: SessionLine) =>
    line.kind === 'session' ? '' : line.rights === undefined ? t('all') : format.list([...line.rights]);
  return (
    <DataTable<SessionLine>
      label={t('sessions')}
      rows={rows}
      rowKey={({ id }) => id}
      searchText={({ label }) => label}
      columns={[
        {
          key: 'kind',
          title: t('kind'),
          value: kind,
          render: (line) => (
            <Tag tone="grey" icon={line.kind === 'token' ? Terminal : MonitorSmartphone}>
              {kind(line)}
            </Tag>
          ),
        },
        {
          key: 'label',
          title: t('label'),
          value: ({ label }) => label,
          render: ({ label, current }) => (current ? <Tag tone="green">{t('current')}</Tag> : label),
        },
        { key: 'rights', title: t('rights'), value: rights, render: rights },
        { key: 'from', title: t('from'), value: ({ from }) => from ?? '', render: ({ from }) => <code>{from}</code> },
        {
          key: 'seen',
          title: t('seen'),
          value: ({ lastSeenAt }) => lastSeenAt,
          render: ({ lastSeenAt }) => <TimeText at={lastSeenAt} isAgo />,
        },
        {
          key: 'expires',
          title: t('expires'),
          value: ({ expiresAt }) => expiresAt,
          render: ({ expiresAt }) => <TimeText at={expiresAt} />,
        },
        {
          key: 'end',
          title: '',
          render: ({ id, label, current }) =>
            current ? null : (
              <Button
                size="small"
                onClick={() =>
                  confirm({
                    title: label === '' ? t('end') : `${t('end')} · ${label}`,
                    effect: t('endEffect'),
                    verb: t('end'),
                    isDangerous: true,
                    run: () => onEnd(id),
                  })
                }
              >
                {t('end')}
              </Button>
            ),
        },
      ]}
      isLoading={isLoading}
      error={error}
      onRefresh={onRefresh}
      actions={actions}
      empty={<EmptyState title={t('empty')} />}
      exportName="sessions"
    />
  );
}
