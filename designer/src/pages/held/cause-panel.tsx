import { Button, Table, type TableColumnsType } from 'antd';
import { Ban, CheckCheck, CircleHelp, CircleSlash, RotateCcw, Send, ShieldCheck } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import type { NamedHeldGroup } from '../../api/operations.ts';
import { useMay } from '../../session/session-context.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { rowOpens } from '../../kit/table/data-table.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import type { RequestedBulk } from './bulk-dialog.tsx';
import styles from './held-page.module.css';
import { addressOf, choiceOf, isAfterWrite, mayBeDone, type GroupName } from '../messages/held-group.ts';

const TEXTS = defineTexts({
  count: ['{{count}} 条', '{{count}} held'],
  flow: ['流程', 'Flow'],
  node: ['停在节点', 'Stopped at'],
  known: ['没有办成', 'Not done'],
  done: ['已办理，缺应答', 'Done, no reply'],
  unknown: ['结果不明，先核对', 'Unknown: ask first'],
  number: ['条数', 'Count'],
  oldest: ['最早挂起', 'Held since'],
  retry: ['全部重试', 'Retry all'],
  goOn: ['全部继续执行', 'Continue all'],
  resend: ['全部重发', 'Resend all'],
  conclude: ['全部按已办理结束', 'End all as done'],
  cancel: ['全部取消', 'Cancel all'],
});

/**
 * Total width of the columns in pixels. They are the same for every cause. In a window of 1280 px, all actions of a
 * group still fit on one line in the remaining width.
 */
const WIDTH = 985;

export interface CauseSection {
  readonly key: string;
  readonly groups: readonly NamedHeldGroup[];
  readonly count: number;
}

/**
 * Shows one cause: what happened, at which system, and what to do. Below it are the flows and nodes whose messages
 * are held.
 */
export function CausePanel({ section, onBegin }: { readonly section: CauseSection; readonly onBegin: (wish: RequestedBulk) => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const format = useFormat();
  const wordsOf = useCauseWords();
  const [first] = section.groups;
  const columns = useColumns(onBegin);
  if (first === undefined) return null;
  const { what, fix } = wordsOf(first.code);
  const title = (
    <>
      {what}
      {first.adapter === undefined ? null : ` · ${text(first.adapter.name)}`}
    </>
  );
  return (
    <Panel title={title} extra={<Tag tone="violet">{t('count', { count: format.number(section.count) })}</Tag>}>
      <p className={styles.fix}>{fix}</p>
      <Table<NamedHeldGroup>
        aria-label={what}
        size="small"
        rowKey={keyOf}
        dataSource={[...section.groups]}
        columns={columns}
        pagination={false}
        tableLayout="fixed"
        scroll={{ x: WIDTH }}
        onRow={(group) => rowOpens(() => void go(addressOf(group)))}
      />
    </Panel>
  );
}

function keyOf({ flowId, node, code, outcomeKnown }: NamedHeldGroup): string {
  return `${flowId} ${node} ${code} ${outcomeKnown}`;
}

function useColumns(onBegin: (wish: RequestedBulk) => void): TableColumnsType<NamedHeldGroup> {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const may = useMay();
  return [
    {
      key: 'flow',
      width: 168,
      title: t('flow'),
      render: (_value, group) => (
        <>
          <Link to={addressOf(group)}>{text(group.flowName)}</Link>
          <div className={styles.hint}>
            <code>{group.code}</code>
          </div>
        </>
      ),
    },
    {
      key: 'node',
      width: 162,
      title: t('node'),
      render: (_value, group) => (
        <>
          <div>{group.nodeLabel || '—'}</div>
          <OutcomeTag group={group} />
        </>
      ),
    },
    { key: 'number', width: 68, title: t('number'), align: 'right', render: (_value, { count }) => format.number(count) },
    { key: 'oldest', width: 110, title: t('oldest'), render: (_value, { oldestAt }) => <TimeText at={oldestAt} isAgo /> },
    {
      key: 'acts',
      align: 'right',
      render: (_value, group) => (
        <span className={styles.acts}>
          {may('executions.retry') ? (
            <Button size="small" icon={<RotateCcw size={14} />} onClick={() => onBegin(wishOf('retry', group))}>
              {t(isAfterWrite(group) ? 'goOn' : 'retry')}
            </Button>
          ) : null}
          {may('executions.retry') && !isAfterWrite(group) ? (
            <Button size="small" icon={<Send size={14} />} onClick={() => onBegin(wishOf('resend', group))}>
              {t('resend')}
            </Button>
          ) : null}
          {may('executions.retry') && mayBeDone(group) ? (
            <Button size="small" icon={<CheckCheck size={14} />} onClick={() => onBegin(wishOf('conclude', group))}>
              {t('conclude')}
            </Button>
          ) : null}
          {may('executions.cancel') ? (
            <Button size="small" danger icon={<Ban size={14} />} onClick={() => onBegin(wishOf('cancel', group))}>
              {t('cancel')}
            </Button>
          ) : null}
        </span>
      ),
    },
  ];
}

/** Shows whether the outcome of the last write is known. */
export function OutcomeTag({ group }: { readonly group: Pick<GroupName, 'code' | 'outcomeKnown'> }) {
  const t = useTexts(TEXTS);
  const { outcomeKnown } = group;
  if (isAfterWrite(group))
    return (
      <Tag tone="amber" icon={ShieldCheck}>
        {t('done')}
      </Tag>
    );
  return (
    <Tag tone={outcomeKnown ? 'grey' : 'amber'} icon={outcomeKnown ? CircleSlash : CircleHelp}>
      {t(outcomeKnown ? 'known' : 'unknown')}
    </Tag>
  );
}

function wishOf(kind: RequestedBulk['kind'], group: NamedHeldGroup): RequestedBulk {
  return { kind, ...choiceOf(group), isAfterWrite: isAfterWrite(group), group };
}
