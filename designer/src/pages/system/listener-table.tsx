import { Table, type TableColumnsType } from 'antd';
import { CircleCheck, CircleDashed, CirclePause, CircleSlash, CircleX } from 'lucide-react';
import { Link } from 'react-router';
import type { ListenerState } from '../../api/operations.ts';
import { useListOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { sentences } from '../../i18n/sentences.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useErrorText } from '../../kit/feedback/use-error-text.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ProcessName } from './process-name.tsx';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['监听的流程', 'Flows that listen'],
  flow: ['流程', 'Flow'],
  version: ['版本', 'Version'],
  node: ['节点', 'Node'],
  state: ['状态', 'State'],
  process: ['进程', 'Process'],
  since: ['自', 'Since'],
  arrivals: ['已收消息', 'Messages received'],
  refusals: ['拒收', 'Put aside'],
  lastRefusal: ['最近：', 'Last:'],
  problem: ['问题', 'Problem'],
  empty: ['没有自行监听的已发布流程', 'No published flow has a listener'],
});

const STATE_TEXTS = defineTexts({
  starting: ['启动中', 'Starting'],
  listening: ['监听中', 'Listening'],
  standby: ['由其他进程监听', 'Another process is listening'],
  failing: ['失败，将重试', 'Failing, being retried'],
  stopped: ['已停止', 'Stopped'],
});

const LOOKS = {
  starting: { tone: 'blue', icon: CircleDashed },
  listening: { tone: 'green', icon: CircleCheck },
  standby: { tone: 'grey', icon: CirclePause },
  failing: { tone: 'red', icon: CircleX },
  stopped: { tone: 'grey', icon: CircleSlash },
} as const;

export function ListenerTable({ listeners }: { readonly listeners: readonly ListenerState[] }) {
  const t = useTexts(TEXTS);
  return (
    <Panel title={t('title')}>
      <Table<ListenerState>
        aria-label={t('title')}
        size="small"
        rowKey={({ flowId, nodeId }) => `${flowId} ${nodeId}`}
        columns={useColumns({
          hasProblems: listeners.some(({ error }) => error !== undefined),
          hasRefusals: listeners.some(({ refusals }) => refusals !== undefined),
        })}
        dataSource={[...listeners]}
        pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <EmptyState title={t('empty')} /> }}
      />
    </Panel>
  );
}

/** Columns that would be empty are left out. */
function useColumns({
  hasProblems,
  hasRefusals,
}: {
  readonly hasProblems: boolean;
  readonly hasRefusals: boolean;
}): TableColumnsType<ListenerState> {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const flows = useListOf('flows.list', {});
  const names = new Map(flows.data?.items.map(({ flowId, name }) => [flowId, text(name)]));
  return [
    {
      key: 'flow',
      title: t('flow'),
      render: (_value, { flowId }) => <Link to={`/flows/${flowId}`}>{names.get(flowId) ?? flowId}</Link>,
    },
    { key: 'version', title: t('version'), align: 'right', render: (_value, { version }) => version },
    { key: 'node', title: t('node'), render: (_value, { nodeId }) => <code>{nodeId}</code> },
    { key: 'state', title: t('state'), render: (_value, { state }) => <StateTag state={state} /> },
    { key: 'process', title: t('process'), render: (_value, { process: { host, pid } }) => <ProcessName host={host} pid={pid} /> },
    { key: 'since', title: t('since'), render: (_value, { since }) => <TimeText at={since} isAgo /> },
    { key: 'arrivals', title: t('arrivals'), align: 'right', render: (_value, { arrivals }) => format.number(arrivals) },
    ...(hasRefusals
      ? [{ key: 'refusals', title: t('refusals'), render: (_value: unknown, row: ListenerState) => <RefusalsOf row={row} /> }]
      : []),
    ...(hasProblems
      ? [{ key: 'problem', title: t('problem'), render: (_value: unknown, row: ListenerState) => <Problem row={row} /> }]
      : []),
  ];
}

function StateTag({ state }: { readonly state: ListenerState['state'] }) {
  const t = useTexts(STATE_TEXTS);
  return (
    <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
      {t(state)}
    </Tag>
  );
}

/** How many messages were put aside, and when and why the last one was. */
function RefusalsOf({ row: { refusals } }: { readonly row: ListenerState }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const toldOf = useErrorText(refusals?.last);
  if (refusals === undefined) return null;
  const { what, fix } = toldOf(refusals.last);
  return (
    <div className={styles.error}>
      {format.number(refusals.count)} · {t('lastRefusal')} <TimeText at={refusals.lastAt} isAgo /> {sentences(what, fix)}
    </div>
  );
}

function Problem({ row: { error } }: { readonly row: ListenerState }) {
  const toldOf = useErrorText(error);
  if (error === undefined) return null;
  const { what, fix, original } = toldOf(error);
  return (
    <div className={styles.error}>
      {sentences(what, fix)} {original === undefined ? null : <q lang="en">{original}</q>}
    </div>
  );
}
