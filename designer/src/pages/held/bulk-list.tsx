import { Button, Collapse, Progress, Table, type TableColumnsType } from 'antd';
import { CircleAlert, CircleCheck, CirclePause, CircleSlash, CircleX, LoaderCircle, Play, Square, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import type { Bulk } from '../../api/operations.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { OutcomeTags, verdictOf, type Verdict } from './bulk-outcome.tsx';
import { actOfBulk, BULK_TEXTS, useChoiceWords } from './bulk-texts.ts';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  unfinished: ['未完成的批量操作', 'Bulks that have not ended'],
  history: ['最近的批量操作', 'Recent bulk operations'],
  goOn: ['继续', 'Continue'],
  stop: ['停止', 'Stop'],
  close: ['了结', 'Close'],
  closeTitle: ['了结这次批量操作？', 'Close this bulk?'],
  closeEffect: [
    '已处理的 {{handled}} 条不变；其余 {{left}} 条保持挂起，不会再由它继续。',
    'The {{handled}} processed messages stay as they are; the other {{left}} stay held, and the bulk cannot be continued.',
  ],
  what: ['操作', 'Bulk'],
  state: ['状态', 'State'],
  by: ['发起人', 'Started by'],
  at: ['开始时间', 'Begun'],
  progress: ['进度', 'Progress'],
  outcome: ['结果', 'Outcome'],
  died: ['执行它的进程已退出，可以继续或了结', 'The process that ran it ended: continue it, or close it'],
  'account-disabled': ['执行人的账号已停用或删除，已自动停止', 'Stopped automatically: the account that ran it was disabled or removed'],
  'signed-out': ['执行人的登录或令牌已失效，已自动停止', 'Stopped automatically: the login or token that ran it ended'],
  'right-lost': ['执行人已没有这项权限，已自动停止', 'Stopped automatically: the person who ran it no longer has the right'],
});

const LOOKS: Readonly<Record<Bulk['status'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  running: { tone: 'blue', icon: LoaderCircle },
  stopped: { tone: 'amber', icon: CirclePause },
  done: { tone: 'green', icon: CircleCheck },
  closed: { tone: 'grey', icon: CircleSlash },
};
const NOT_WELL: Readonly<Record<Exclude<Verdict, 'allWell'>, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  waiting: { tone: 'blue', icon: LoaderCircle },
  partly: { tone: 'amber', icon: CircleAlert },
  nothing: { tone: 'red', icon: CircleX },
};
const MOST = 20;
const REFRESH_MS = 3000;

/** Shows bulk operations that a user left unfinished and can resume, and those that ended recently. */
export function BulkList({ onGoOn }: { readonly onGoOn: (bulk: Bulk) => void }) {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('bulks.list', { limit: MOST }, { refetchIntervalMs: REFRESH_MS });
  const all = data?.items ?? [];
  const unfinished = all.filter(({ status }) => status === 'running' || status === 'stopped');
  const ended = all.filter((bulk) => !unfinished.includes(bulk));
  return (
    <>
      {unfinished.length === 0 ? null : (
        <Panel title={t('unfinished')}>
          <ul className={styles.items}>
            {unfinished.map((bulk) => (
              <Unfinished key={bulk.bulkId} bulk={bulk} onGoOn={() => onGoOn(bulk)} />
            ))}
          </ul>
        </Panel>
      )}
      {ended.length === 0 ? null : <History bulks={ended} />}
    </>
  );
}

function Unfinished({ bulk, onGoOn }: { readonly bulk: Bulk; readonly onGoOn: () => void }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const { mutateAsync: stop } = useMutationOf('bulks.cancel', ['held', 'executions']);
  const { mutateAsync: close } = useMutationOf('bulks.close');
  const { bulkId, kind, status, handled, total, startedBy, startedAt, diedAt, stopReason } = bulk;
  const mayGoOn = may(kind === 'cancel' ? 'executions.cancel' : 'executions.retry');
  const askClose = () =>
    confirm({
      title: t('closeTitle'),
      effect: t('closeEffect', { handled, left: total - handled }),
      verb: t('close'),
      run: () => close({ bulkId }),
    });
  return (
    <li className={styles.item}>
      <div className={styles.bulk}>
        <What bulk={bulk} /> <State bulk={bulk} /> <OutcomeTags bulk={bulk} />
        <span className={styles.hint}>
          {startedBy} · <TimeText at={startedAt} />
          {diedAt === undefined ? null : ` · ${t('died')}`}
          {stopReason === undefined ? null : ` · ${t(stopReason)}`}
        </span>
      </div>
      <div className={styles.bar}>
        <Progress percent={total === 0 ? 0 : Math.round((handled / total) * 100)} size="small" format={() => `${handled} / ${total}`} />
      </div>
      <span className={styles.acts}>
        {status === 'running' && may('executions.retry') ? (
          <Button icon={<Square size={14} />} onClick={() => void stop({ bulkId }).catch(() => undefined)}>
            {t('stop')}
          </Button>
        ) : null}
        {status === 'stopped' && may('executions.retry') ? <Button onClick={askClose}>{t('close')}</Button> : null}
        {status === 'stopped' && mayGoOn ? (
          <Button type="primary" icon={<Play size={14} />} onClick={onGoOn}>
            {t('goOn')}
          </Button>
        ) : null}
      </span>
    </li>
  );
}

function History({ bulks }: { readonly bulks: readonly Bulk[] }) {
  const t = useTexts(TEXTS);
  const [open, setOpen] = useState<readonly string[]>([]);
  const columns: TableColumnsType<Bulk> = [
    { key: 'what', title: t('what'), render: (_value, bulk) => <What bulk={bulk} /> },
    { key: 'state', title: t('state'), render: (_value, bulk) => <State bulk={bulk} /> },
    { key: 'outcome', title: t('outcome'), render: (_value, bulk) => <OutcomeTags bulk={bulk} /> },
    { key: 'progress', title: t('progress'), align: 'right', render: (_value, { handled, total }) => `${handled} / ${total}` },
    { key: 'by', title: t('by'), render: (_value, { startedBy }) => startedBy },
    { key: 'at', title: t('at'), render: (_value, { startedAt }) => <TimeText at={startedAt} /> },
  ];
  return (
    <Collapse
      activeKey={[...open]}
      onChange={(keys) => setOpen([keys].flat())}
      items={[
        {
          key: 'history',
          label: t('history'),
          children: <Table<Bulk> size="small" rowKey="bulkId" dataSource={[...bulks]} columns={columns} pagination={false} />,
        },
      ]}
    />
  );
}

function What({ bulk }: { readonly bulk: Bulk }) {
  const t = useTexts(BULK_TEXTS);
  const wordsOf = useChoiceWords();
  return (
    <span>
      <strong>{t(actOfBulk(bulk))}</strong> {wordsOf(bulk.selection)}
    </span>
  );
}

/**
 * Shows the state of a bulk operation. A finished operation is shown as a success only if all messages that it released
 * continued.
 */
function State({ bulk }: { readonly bulk: Bulk }) {
  const { status, outcome } = bulk;
  const t = useTexts(BULK_TEXTS);
  const verdict = status === 'done' && outcome !== undefined ? verdictOf(outcome) : 'allWell';
  const { tone, icon } = verdict === 'allWell' ? LOOKS[status] : NOT_WELL[verdict];
  return (
    <Tag tone={tone} icon={icon}>
      {t(verdict === 'nothing' && outcome?.heldAgain === bulk.done ? 'doneHeld' : status)}
    </Tag>
  );
}
