import { Table, type TableColumnsType } from 'antd';
import { CircleCheck, CircleSlash, CircleX } from 'lucide-react';
import type { ShownProcess } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useFrontName } from './address-list.tsx';
import { ProcessName } from './process-name.tsx';
import { sizeOf } from './size-of.ts';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['进程', 'Processes'],
  help: [
    '本系统的全部进程，每个进程每 5 秒报告一次。各页面的实时数字是所有在线进程之和，其他进程的数字最多晚 5 秒。',
    'All processes of this installation; each reports every 5 seconds. Live figures on every page are the sum over the running processes; those of other processes are up to 5 seconds old.',
  ],
  alive: ['在线', 'Alive'],
  silent: ['失去联系', 'Not reporting'],
  stopped: ['已停止', 'Stopped'],
  all: ['{{alive}} 个在线', '{{alive}} running'],
  missing: ['{{silent}} 个失去联系', '{{silent}} not reporting'],
  state: ['状态', 'State'],
  role: ['角色', 'Role'],
  where: ['主机与进程号', 'Host and process'],
  self: ['当前页面由它提供', 'serves this page'],
  version: ['版本', 'Version'],
  since: ['启动', 'Started'],
  seen: ['最近报告', 'Last report'],
  load: ['负载', 'Load'],
  running: ['运行中 {{running}}', '{{running}} running'],
  inHand: ['待运行 {{inHand}}', '{{inHand}} claimed'],
  cores: ['CPU {{cores}} 核', '{{cores}} cores'],
  serves: ['服务内容', 'Serves'],
  everyFlow: ['全部流程', 'Every flow'],
  console: ['控制台', 'Console'],
  silentNote: [
    '它已停止、卡住，或连不上数据库。其未完成的工作由其他工作进程接手，数字不再计入；请到该主机查看进程与日志。{{at}} 后从列表消失。',
    'It has ended, hangs, or cannot reach the database. Other workers take over its work, and its figures are no longer counted. Check the process and its log on that machine. It is removed from this list at {{at}}.',
  ],
  stoppedNote: ['正常停止，{{at}} 后从列表消失。', 'It was stopped normally and is removed from this list at {{at}}.'],
  mixed: ['在线进程的版本不一致：{{versions}}', 'The running processes have different versions: {{versions}}'],
});

const ROLE_TEXTS = defineTexts({
  start: ['一体进程', 'All in one'],
  control: ['管理端', 'Control'],
  worker: ['工作进程', 'Worker'],
});

const LOOKS = {
  alive: { tone: 'green', icon: CircleCheck },
  silent: { tone: 'red', icon: CircleX },
  stopped: { tone: 'grey', icon: CircleSlash },
} as const;

/** Lists all processes of the installation, not just the one that serves this page. */
export function ProcessTable({ processes }: { readonly processes: readonly ShownProcess[] }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const alive = processes.filter(({ state }) => state === 'alive');
  const silent = processes.filter(({ state }) => state === 'silent').length;
  const versions = [...new Set(alive.map(({ version }) => version))];
  return (
    <Panel
      title={t('title')}
      help={[t('help'), ...(versions.length > 1 ? [t('mixed', { versions: format.list(versions) })] : [])].join(' ')}
      extra={
        <>
          {t('all', { alive: alive.length })}
          {silent === 0 ? null : <Tag {...LOOKS.silent}>{t('missing', { silent })}</Tag>}
        </>
      }
    >
      <Table<ShownProcess>
        aria-label={t('title')}
        size="small"
        rowKey="processId"
        columns={useColumns()}
        dataSource={[...processes]}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
      />
    </Panel>
  );
}

function useColumns(): TableColumnsType<ShownProcess> {
  const t = useTexts(TEXTS);
  const roleOf = useRoleName();
  return [
    { key: 'state', title: t('state'), render: (_value, row) => <Tag {...LOOKS[row.state]}>{t(row.state)}</Tag> },
    { key: 'role', title: t('role'), render: (_value, { role }) => roleOf(role) },
    {
      key: 'where',
      title: t('where'),
      render: (_value, { host, pid, isSelf }) => (
        <div className={styles.where}>
          <ProcessName host={host} pid={pid} />
          {isSelf ? <span className={styles.aside}>{t('self')}</span> : null}
        </div>
      ),
    },
    { key: 'version', title: t('version'), render: (_value, { version }) => version },
    { key: 'since', title: t('since'), render: (_value, { startedAt }) => <TimeText at={startedAt} isAgo /> },
    { key: 'seen', title: t('seen'), render: (_value, { lastSeenAt }) => <TimeText at={lastSeenAt} isAgo /> },
    { key: 'load', title: t('load'), render: (_value, row) => (row.state === 'alive' ? <Load process={row} /> : '—') },
    { key: 'serves', title: t('serves'), render: (_value, row) => <Serves process={row} /> },
  ];
}

/** Returns a function that returns the label of a role. For a gateway, the label tells which gateway it is. */
export function useRoleName(): (role: string) => string {
  const t = useTexts(ROLE_TEXTS);
  const frontOf = useFrontName();
  const gateway = useTexts(GATEWAY_TEXTS);
  return (role) => {
    const [kind = '', front = ''] = role.split(' ');
    if (kind === 'gateway') return gateway('gateway', { front: frontOf(front) });
    return Object.hasOwn(ROLE_TEXTS, role) ? t(role as keyof typeof ROLE_TEXTS) : role;
  };
}

const GATEWAY_TEXTS = defineTexts({ gateway: ['网关 · {{front}}', 'Gateway · {{front}}'] });

function Load({ process: { load } }: { readonly process: ShownProcess }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  return (
    <div className={styles.where}>
      <span>
        {t('running', { running: format.number(load.running) })}
        {load.inHand === 0 ? null : ` · ${t('inHand', { inHand: format.number(load.inHand) })}`}
      </span>
      <span className={styles.aside}>
        {t('cores', { cores: format.number(load.cores) })} · {sizeOf(load.memoryBytes)}
      </span>
    </div>
  );
}

function Serves({ process: { role, fronts, serves, console, state, goneAt } }: { readonly process: ShownProcess }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const frontOf = useFrontName();
  if (state !== 'alive' && goneAt !== undefined)
    return <div className={styles.note}>{t(state === 'silent' ? 'silentNote' : 'stoppedNote', { at: format.time(goneAt) })}</div>;
  const runsFlows = role === 'worker' || role === 'start';
  return (
    <div className={styles.where}>
      {runsFlows && serves === undefined ? <span>{t('everyFlow')}</span> : null}
      {serves === undefined ? null : <code>{format.list(serves)}</code>}
      {fronts.length === 0 ? null : <span>{format.list(fronts.map(frontOf))}</span>}
      {console === undefined ? null : (
        <span>
          {t('console')} <CopyText text={console} />
        </span>
      )}
    </div>
  );
}
