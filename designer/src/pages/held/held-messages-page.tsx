/** `/held/messages?flow=…&node=…&code=…&outcome=…`: the messages of one group, acted upon one by one, some, or all of them. */
import { Button } from 'antd';
import { Ban, RefreshCw, RotateCcw, Send } from 'lucide-react';
import { useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import type { ExecutionSummary } from '../../../../engine/services.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import listStyles from '../../parts/data-table.module.css';
import type { Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { NoRight } from '../../parts/error-box.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { MessageTable } from '../messages/message-table.tsx';
import { useFlowName } from '../messages/use-flow-name.ts';
import { useMessageActs } from '../messages/use-message-acts.ts';
import { useMessagePages } from '../messages/use-message-pages.ts';
import type { BulkWish } from './bulk-dialog.tsx';
import { OutcomeTag } from './cause-panel.tsx';
import { addressOf, choiceOf, groupOfAddress, isAfterWrite, type GroupName } from './held-group.ts';
import styles from './held-page.module.css';
import { useBulks } from './use-bulks.tsx';

const TEXTS = defineTexts({
  held: ['挂起消息', 'Held messages'],
  refresh: ['刷新', 'Refresh'],
  retryAll: ['全部重试', 'Retry all'],
  resendAll: ['全部重发', 'Resend all'],
  cancelAll: ['全部取消', 'Cancel all'],
  retrySome: ['重试选中的 {{count}} 条', 'Retry {{count}} chosen'],
  resendSome: ['重发选中的 {{count}} 条', 'Resend {{count}} chosen'],
  cancelSome: ['取消选中的 {{count}} 条', 'Cancel {{count}} chosen'],
  flow: ['流程', 'Flow'],
  node: ['停在节点', 'Stopped at'],
  adapter: ['系统', 'System'],
  outcome: ['上次的结果', 'Last outcome'],
  code: ['错误代码', 'Error code'],
  since: ['挂起时间', 'Held since'],
  accepted: ['接收时间', 'Accepted'],
  version: ['版本', 'Version'],
  attempt: ['执行次数', 'Runs'],
  id: ['消息编号', 'Message id'],
  empty: ['这一组已经没有挂起的消息', 'No message of this group waits for a person any more'],
});

const REFRESH_MS = 5000;

export function HeldMessagesPage() {
  const [address] = useSearchParams();
  const group = groupOfAddress(address);
  if (!useMay()('executions.read')) return <NoRight permission="executions.read" />;
  return group === undefined ? <Navigate to="/held" replace /> : <Group key={addressOf(group)} group={group} />;
}

function Group({ group }: { readonly group: GroupName }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { choice, outcome } = choiceOf(group);
  const list = useMessagePages({ id: 'executions.held', query: { ...choice, outcome } }, REFRESH_MS);
  const bulks = useBulks();
  const columns = useColumns();
  const isHeld = new Set(list.rows.map(({ executionId }) => executionId));
  const ids = chosen.filter((id) => isHeld.has(id));
  const begin = (kind: BulkWish['kind']) => {
    bulks.begin({ kind, choice: ids.length === 0 ? choice : { ids: [...ids] }, outcome, isAfterWrite: isAfterWrite(group) });
    setChosen([]);
  };
  const mayAct = may('executions.retry') || may('executions.cancel');
  return (
    <Page>
      <PageHeader
        title={useCauseWords()(group.code).what}
        help={useCauseWords()(group.code).fix}
        trail={[{ label: t('held'), to: '/held' }]}
        beside={<OutcomeTag group={group} />}
      />
      <div className={listStyles.list}>
        <div className={listStyles.tools}>
          <Facts group={group} />
          <div className={listStyles.actions}>
            <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void list.refetch()} />
            {may('executions.retry') ? (
              <Button type="primary" icon={<RotateCcw size={16} />} disabled={list.rows.length === 0} onClick={() => begin('retry')}>
                {ids.length === 0 ? t('retryAll') : t('retrySome', { count: ids.length })}
              </Button>
            ) : null}
            {may('executions.retry') && !isAfterWrite(group) ? (
              <Button icon={<Send size={16} />} disabled={list.rows.length === 0} onClick={() => begin('resend')}>
                {ids.length === 0 ? t('resendAll') : t('resendSome', { count: ids.length })}
              </Button>
            ) : null}
            {may('executions.cancel') ? (
              <Button danger icon={<Ban size={16} />} disabled={list.rows.length === 0} onClick={() => begin('cancel')}>
                {ids.length === 0 ? t('cancelAll') : t('cancelSome', { count: ids.length })}
              </Button>
            ) : null}
          </div>
        </div>
        <MessageTable
          label={t('held')}
          list={list}
          columns={columns}
          empty={<EmptyState title={t('empty')} />}
          {...(mayAct ? { selection: { keys: ids, onChange: setChosen } } : {})}
        />
      </div>
      {bulks.dialog}
    </Page>
  );
}

/** Where they stand, as people name it. */
function Facts({ group }: { readonly group: GroupName }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const nameOf = useFlowName();
  const { data } = useQueryOf('held.groups', {});
  const named = data?.groups.find((one) => addressOf(one) === addressOf(group));
  const facts = [
    [t('flow'), named === undefined ? nameOf(group.flowId) : text(named.flowName)],
    [t('node'), named === undefined ? group.node : named.nodeLabel],
    [t('adapter'), text(named?.adapter?.name)],
  ].filter(([, value]) => value !== '');
  return (
    <dl className={styles.facts}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('code')}</dt>
        <dd>
          <code>{group.code}</code>
        </dd>
      </div>
    </dl>
  );
}

function useColumns(): readonly Column<ExecutionSummary>[] {
  const t = useTexts(TEXTS);
  return [
    { key: 'since', title: t('since'), render: ({ held }) => <TimeText at={held?.at} /> },
    { key: 'accepted', title: t('accepted'), render: ({ acceptedAt }) => <TimeText at={acceptedAt} /> },
    { key: 'id', title: t('id'), render: ({ executionId }) => <CopyText text={executionId} isShort /> },
    { key: 'version', title: t('version'), render: ({ version }) => `v${version}` },
    { key: 'attempt', title: t('attempt'), align: 'right', render: ({ attempt }) => attempt },
    { key: 'acts', title: '', align: 'right', render: (row) => <Acts message={row} /> },
  ];
}

function Acts({ message }: { readonly message: ExecutionSummary }) {
  const may = useMay();
  const acts = useMessageActs();
  return (
    <span className={styles.acts}>
      {may('executions.retry') ? (
        <Button size="small" icon={<RotateCcw size={14} />} onClick={() => acts.retry(message)}>
          {acts.words.retryOf(message)}
        </Button>
      ) : null}
      {may('executions.cancel') ? (
        <Button size="small" danger icon={<Ban size={14} />} onClick={() => acts.cancel(message)}>
          {acts.words.cancel}
        </Button>
      ) : null}
    </span>
  );
}
