import { Table, type TableColumnsType } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { FRONTS, type Front } from '../../../../engine/contract/access/access.ts';
import type { Output } from '../../api/operation-types.ts';
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { useStageWords } from '../calls/stage-words.ts';
import { useEventWords } from './event-words.ts';
import styles from './gateways.module.css';

const TEXTS = defineTexts({
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
});

/** How long before and after a change its calls are shown. */
const AROUND_MS = 60_000;

type GatewayEvent = Output<'gateways.events'>['items'][number];

interface EventTableProps {
  readonly label: string;
  readonly events: readonly GatewayEvent[];
  readonly isLoading: boolean;
  readonly isOfOneInterface?: boolean;
  readonly empty: ReactNode;
}

/** Lists changes of state of gateways in words, with the calls around each. */
export function EventTable({ label, events, isLoading, isOfOneInterface = false, empty }: EventTableProps) {
  const columns = useColumns().filter(({ key }) => !isOfOneInterface || key !== 'interface');
  return (
    <Table<GatewayEvent>
      aria-label={label}
      size="small"
      rowKey={({ processId, front, at, kind, subject = '', values }) =>
        `${at} ${processId} ${front} ${kind} ${subject} ${values?.['by'] ?? ''}`
      }
      columns={columns}
      dataSource={[...events]}
      loading={isLoading}
      pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: isLoading ? ' ' : empty }}
    />
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
    { key: 'what', title: t('what'), render: (_value, { kind }) => <span className={styles.what}>{changeOf(kind)}</span> },
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
