import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import { FRONTS, type Front } from '../../../../engine/contract/access/access.ts';
import type { Output } from '../../api/operation-types.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { useStageWords } from '../calls/stage-words.ts';
import { useEventWords } from './event-words.ts';
import styles from './gateways.module.css';

const TEXTS = defineTexts({
  title: ['状态变化', 'Changes of state'],
  help: [
    '熔断、摘除、限流调整、内容告警等，最近的在前；每个网关进程保留最近 500 条，重启后清空。',
    'Breakers, ejected instances, changed limits, suspicious content: the newest first. Each process keeps its last 500 until it is restarted.',
  ],
  at: ['时间', 'Time'],
  what: ['变化', 'Change'],
  subject: ['对象', 'Subject'],
  values: ['说明', 'Details'],
  interface: ['接口', 'Interface'],
  front: ['网关', 'Front'],
  process: ['进程', 'Process'],
  calls: ['前后的调用', 'Calls around it'],
  show: ['查看', 'Show'],
  showCalls: ['查看前后的调用', 'Show the calls around it'],
  empty: ['没有状态变化', 'No change of state'],
  emptyNext: ['网关应答正常，没有熔断、摘除或调整过。', 'The gateways have not opened a breaker, ejected an instance or changed a limit.'],
  nobody: ['没有网关应答', 'No gateway replied'],
});

const REFRESH_MS = 10_000;
/** How long before and after a change its calls are shown. */
const AROUND_MS = 60_000;

type GatewayEvent = Output<'gateways.events'>['items'][number];

export function GatewayEvents() {
  const t = useTexts(TEXTS);
  const events = useQueryOf('gateways.events', {}, { refetchIntervalMs: REFRESH_MS });
  const columns = useColumns();
  const empty = events.data?.gateways === 0 ? <EmptyState title={t('nobody')} /> : <EmptyState title={t('empty')} next={t('emptyNext')} />;
  return (
    <Panel title={t('title')} help={t('help')}>
      {events.error === null ? (
        <Table<GatewayEvent>
          aria-label={t('title')}
          size="small"
          rowKey={({ processId, front, at, kind, subject = '' }) => `${at} ${processId} ${front} ${kind} ${subject}`}
          columns={columns}
          dataSource={[...(events.data?.items ?? [])]}
          loading={events.isPending}
          pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: events.isPending ? ' ' : empty }}
        />
      ) : (
        <ErrorBox error={events.error} onRetry={() => void events.refetch()} />
      )}
    </Panel>
  );
}

function useColumns(): TableColumnsType<GatewayEvent> {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const text = useText();
  const { changeOf } = useEventWords();
  const { labelOf } = useStageWords();
  const interfaces = useListOf('interfaces.list', {});
  const nameOf = (id: string) => text(interfaces.data?.items.find(({ interfaceId }) => interfaceId === id)?.name) || id;
  return [
    { key: 'at', title: t('at'), render: (_value, { at }) => <TimeText at={at} /> },
    { key: 'what', title: t('what'), render: (_value, { kind, values }) => <span className={styles.what}>{changeOf(kind, values)}</span> },
    {
      key: 'interface',
      title: t('interface'),
      render: (_value, { interfaceId }) =>
        interfaceId === undefined ? '—' : <Link to={`/interfaces/${interfaceId}`}>{nameOf(interfaceId)}</Link>,
    },
    {
      key: 'subject',
      title: t('subject'),
      render(_value, { subject }) {
        if (subject === undefined) return '—';
        // A guard is its own subject; its label says more than its name.
        const label = labelOf(subject);
        return label === subject ? <code className={styles.subject}>{subject}</code> : label;
      },
    },
    { key: 'values', title: t('values'), render: (_value, event) => <Values event={event} /> },
    {
      key: 'front',
      title: t('front'),
      render: (_value, event) => (FRONTS.includes(event.front as Front) ? front(event.front as Front) : event.front),
    },
    { key: 'process', title: t('process'), render: (_value, { processId }) => <CopyText text={processId} isShort /> },
    {
      key: 'calls',
      title: t('calls'),
      render: (_value, { at, interfaceId, front: name }) => (
        <Link
          aria-label={t('showCalls')}
          to={callsAddress({
            ...(interfaceId === undefined ? { front: name } : { interface: interfaceId }),
            from: String(at - AROUND_MS),
            to: String(at + AROUND_MS),
          })}
        >
          {t('show')}
        </Link>
      ),
    },
  ];
}

/** Shows the numbers and codes of a change. */
function Values({ event: { kind, values } }: { readonly event: GatewayEvent }) {
  const { valuesOf } = useEventWords();
  return (
    <span className={styles.values}>
      {valuesOf(kind, values).map(({ name, value, isCode }) => (
        <span key={name}>
          {name} {isCode ? <code>{value}</code> : value}
        </span>
      ))}
    </span>
  );
}
