import { Button, Drawer } from 'antd';
import { CircleCheck, CircleX, Clock3, Undo2, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMe } from '../../app/session.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../parts/code-editor.tsx';
import { useConfirm } from '../../parts/confirm-act.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { Tag, type Tone } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import styles from './requests-page.module.css';

const TEXTS = defineTexts({
  title: ['申请', 'Requests'],
  help: [
    '自己无权做的事可以申请；有权的人说明理由后决定，同意即以其名义执行，全程留审计。',
    'What one may not do one may ask for. Those who may decide with a reason; what they accept runs as their act, and all of it is audited.',
  ],
  what: ['申请', 'Asked for'],
  by: ['申请人', 'By'],
  at: ['时间', 'When'],
  reason: ['理由', 'Why'],
  status: ['状态', 'State'],
  decision: ['决定', 'Decision'],
  accept: ['同意并执行', 'Accept and do it'],
  refuse: ['拒绝', 'Refuse'],
  withdraw: ['撤回', 'Withdraw'],
  open: ['待决定', 'Open'],
  deciding: ['执行中', 'Being done'],
  done: ['已执行', 'Done'],
  refused: ['已拒绝', 'Refused'],
  failed: ['执行失败', 'Failed'],
  withdrawn: ['已撤回', 'Withdrawn'],
  acceptEffect: ['将以您的名义执行：{{what}}。', 'It runs as your act: {{what}}.'],
  refuseEffect: ['申请人会看到您的理由。', 'Your reason is shown to who asked.'],
  empty: ['没有申请', 'No requests'],
  emptyHelp: [
    '在发布页为接口申请授权，或在适配器页修改凭据时，会在这里出现。',
    'They come from the release panel (grants) and from adapters (credentials).',
  ],
  content: ['内容', 'What exactly'],
  'grants.save': ['授权应用调用接口', 'Grant an interface to an app'],
  'adapters.save': ['修改适配器的凭据或地址', 'Change the credential or address of an adapter'],
  secrets: ['凭据的值在“凭据”页保存', 'The value of a credential is kept on its own page'],
});

type Item = Outputs['requests.list']['items'][number];

const LOOKS: Readonly<Record<Item['status'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  open: { tone: 'amber', icon: Clock3 },
  deciding: { tone: 'blue', icon: Clock3 },
  done: { tone: 'green', icon: CircleCheck },
  refused: { tone: 'grey', icon: CircleX },
  failed: { tone: 'red', icon: CircleX },
  withdrawn: { tone: 'grey', icon: Undo2 },
};

/** What waits for this person's decision first, then what they asked for. */
export function RequestsPage() {
  const t = useTexts(TEXTS);
  const list = useQueryOf('requests.list', {}, { refetchIntervalMs: 15_000 });
  const [opened, setOpened] = useState<string>();
  const whatOf = useWhat();
  const columns: readonly Column<Item>[] = [
    { key: 'what', title: t('what'), value: whatOf, render: (item) => whatOf(item) },
    { key: 'by', title: t('by'), value: ({ by }) => by, render: ({ by }) => by },
    { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
    { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <TimeText at={at} /> },
    {
      key: 'status',
      title: t('status'),
      value: ({ status }) => t(status),
      render: ({ status }) => <Tag {...LOOKS[status]}>{t(status)}</Tag>,
    },
  ];
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<Item>
        label={t('title')}
        rows={list.data?.items}
        rowKey={({ requestId }) => requestId}
        columns={columns}
        searchText={(item) => `${whatOf(item)} ${item.by} ${item.reason}`}
        isLoading={list.isPending}
        error={list.error}
        onRefresh={() => void list.refetch()}
        onOpen={({ requestId }) => setOpened(requestId)}
        empty={<EmptyState title={t('empty')} next={t('emptyHelp')} />}
        exportName="requests"
      />
      <Drawer open={opened !== undefined} size={640} title={t('title')} onClose={() => setOpened(undefined)}>
        {opened === undefined ? null : <OneRequest requestId={opened} onEnd={() => setOpened(undefined)} />}
      </Drawer>
    </Page>
  );
}

function useWhat(): (item: Pick<Item, 'action' | 'subject'>) => string {
  const t = useTexts(TEXTS);
  return ({ action, subject }) => {
    const words = action === 'grants.save' || action === 'adapters.save' ? t(action) : action;
    return `${words}：${subject}`;
  };
}

function OneRequest({ requestId, onEnd }: { readonly requestId: string; readonly onEnd: () => void }) {
  const t = useTexts(TEXTS);
  const me = useMe();
  const confirm = useConfirm();
  const whatOf = useWhat();
  const request = useQueryOf('requests.get', { requestId });
  const decide = useMutationOf('requests.decide', ['grants', 'adapters', 'interfaces', 'apps', 'system']);
  const withdraw = useMutationOf('requests.withdraw');
  if (request.error !== null) return <ErrorBox error={request.error} onRetry={() => void request.refetch()} />;
  if (request.data === undefined) return null;
  const { status, by, at, reason, decidedBy, decidedAt, decision, outcome, mayDecide, input, action } = request.data;
  const ask = (accept: boolean) =>
    confirm({
      title: accept ? t('accept') : t('refuse'),
      effect: accept ? t('acceptEffect', { what: whatOf(request.data) }) : t('refuseEffect'),
      verb: accept ? t('accept') : t('refuse'),
      isDangerous: !accept,
      needsReason: true,
      async run(why) {
        await decide.mutateAsync({ requestId, accept, reason: why });
        onEnd();
      },
    });
  return (
    <div className={styles.request}>
      <h2 className={styles.what}>{whatOf(request.data)}</h2>
      <div>
        <Tag {...LOOKS[status]}>{t(status)}</Tag> {outcome === undefined ? null : <code>{outcome}</code>}
      </div>
      <dl className={styles.facts}>
        <dt>{t('by')}</dt>
        <dd>
          {by} · <TimeText at={at} />
        </dd>
        <dt>{t('reason')}</dt>
        <dd>{reason}</dd>
        {decision === undefined ? null : (
          <>
            <dt>{t('decision')}</dt>
            <dd>
              {decidedBy} · {decidedAt === undefined ? null : <TimeText at={decidedAt} />} · {decision}
            </dd>
          </>
        )}
      </dl>
      {action === 'adapters.save' && mayDecide ? <Link to="/secrets">{t('secrets')}</Link> : null}
      <CodeEditor label={t('content')} language="json" isReadOnly value={JSON.stringify(input, null, 2)} />
      <div className={styles.acts}>
        {mayDecide ? (
          <>
            <Button type="primary" onClick={() => ask(true)}>
              {t('accept')}
            </Button>
            <Button danger onClick={() => ask(false)}>
              {t('refuse')}
            </Button>
          </>
        ) : null}
        {by === me.name && status === 'open' ? (
          <Button loading={withdraw.isPending} onClick={() => withdraw.mutate({ requestId }, { onSuccess: onEnd })}>
            {t('withdraw')}
          </Button>
        ) : null}
      </div>
      {withdraw.error === null ? null : <ErrorBox error={withdraw.error} />}
    </div>
  );
}
