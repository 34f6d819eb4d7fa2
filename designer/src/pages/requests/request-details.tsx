import { Alert, App, Button, Collapse } from 'antd';
import { Link } from 'react-router';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../kit/code/code-editor.tsx';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { oneLine } from '../../kit/text/one-line.ts';
import { useWhoMay } from '../../kit/feedback/who-may.ts';
import { useOutcomeWords } from '../audit/outcome-words.ts';
import { NewSecretFor } from './new-secret-for.tsx';
import { RequestView } from './request-view.tsx';
import { pageOf, RequestStatusTag, useWhat } from '../../kit/approval/request-words.tsx';
import styles from './requests-page.module.css';

const TEXTS = defineTexts({
  by: ['申请人', 'By'],
  reason: ['理由', 'Why'],
  decision: ['决定', 'Decision'],
  accept: ['同意并执行', 'Accept and carry out'],
  refuse: ['拒绝', 'Refuse'],
  withdraw: ['撤回', 'Withdraw'],
  done: ['已执行：{{what}}', 'Done: {{what}}'],
  refused: ['已拒绝：{{what}}', 'Refused: {{what}}'],
  acceptEffect: ['将以您的名义执行：{{what}}。', 'It runs as your own action: {{what}}.'],
  refuseEffect: ['申请人会看到您的理由。', 'The person who made the request sees your reason.'],
  look: ['查看现在的内容', 'See the current state'],
  content: ['原始内容', 'As sent'],
  outdated: ['申请之后，所涉及的内容已被修改或删除', 'Its object has been changed or removed since'],
  outdatedDecide: [
    '同意也不会执行：执行的只能是申请时看到的内容。请拒绝，并请申请人按现在的内容重新申请。',
    'It can no longer be accepted, because only the reviewed state may be changed. Refuse it, and ask for a new request for the current state.',
  ],
  outdatedOwn: [
    '这项申请不会执行。请撤回，按现在的内容重新申请。',
    'It will not be carried out. Withdraw it, and make a new request for the current state.',
  ],
  waits: [
    '等待决定：{{count}} 个账号可以决定（{{roles}}）',
    'Waiting for a decision; accounts that can decide on it: {{count}} ({{roles}})',
  ],
  nobody: ['目前没有启用的账号能决定（{{roles}}）', 'No active account can decide on it now ({{roles}})'],
  nobodyNext: ['请系统管理员在“账号”页建立一个。', 'Ask the system administrator to create one on the page "Accounts".'],
});

type Request = Output<'requests.get'>;

interface RequestProps {
  readonly request: Request;
}

/** Shows one request in full, with the actions that the user may take. */
export function RequestDetails({ requestId, onEnd }: { readonly requestId: string; readonly onEnd: () => void }) {
  const whatOf = useWhat();
  const outcomeOf = useOutcomeWords();
  const { data: request, error, refetch } = useQueryOf('requests.get', { requestId });
  if (error !== null) return <ErrorBox error={error} onRetry={() => void refetch()} />;
  if (request === undefined) return null;
  const { status, outcome, mayDecide, input, isOutdated } = request;
  return (
    <div className={styles.request}>
      <h2 className={styles.what}>{whatOf(request)}</h2>
      <div>
        <RequestStatusTag status={status} /> {outcome === undefined ? null : outcomeOf({ outcome })}
      </div>
      {isOutdated ? <Outdated request={request} /> : status === 'open' ? <WhoDecides request={request} /> : null}
      <Facts request={request} />
      {status === 'open' && !isOutdated ? <RequestView request={request} /> : null}
      {mayDecide && !isOutdated ? <NewSecretFor request={request} /> : null}
      {input === undefined ? null : <AsSent input={input} />}
      <Decide request={request} onEnd={onEnd} />
    </div>
  );
}

function WhoDecides({ request: { deciders, needs } }: RequestProps) {
  const t = useTexts(TEXTS);
  const whoMay = useWhoMay();
  if (deciders === undefined) return null;
  const roles = whoMay(needs);
  if (deciders === 0) return <Alert type="warning" showIcon title={t('nobody', { roles })} description={t('nobodyNext')} />;
  return <Alert type="info" showIcon title={t('waits', { count: deciders, roles })} />;
}

function Outdated({ request }: RequestProps) {
  const t = useTexts(TEXTS);
  const isOwn = useIsOwn(request);
  const page = pageOf(request);
  return (
    <Alert
      type="warning"
      showIcon
      title={t('outdated')}
      description={
        <>
          {t(isOwn ? 'outdatedOwn' : 'outdatedDecide')} {page === undefined ? null : <Link to={page}>{t('look')}</Link>}
        </>
      }
    />
  );
}

function Facts({ request: { by, at, reason, decidedBy, decidedAt, decision } }: RequestProps) {
  const t = useTexts(TEXTS);
  return (
    <dl className={styles.facts}>
      <div>
        <dt>{t('by')}</dt>
        <dd>
          {by} · <TimeText at={at} />
        </dd>
      </div>
      <div>
        <dt>{t('reason')}</dt>
        <dd>{reason}</dd>
      </div>
      {decision === undefined ? null : (
        <div>
          <dt>{t('decision')}</dt>
          <dd>
            {decidedBy} · {decidedAt === undefined ? null : <TimeText at={decidedAt} />} · {decision}
          </dd>
        </div>
      )}
    </dl>
  );
}

function AsSent({ input }: { readonly input: unknown }) {
  const t = useTexts(TEXTS);
  return (
    <Collapse
      ghost
      items={[
        {
          key: 'raw',
          label: t('content'),
          children: <CodeEditor label={t('content')} language="json" isReadOnly value={JSON.stringify(input, null, 2)} />,
        },
      ]}
    />
  );
}

/**
 * Lets the user decide about the request. If the requested object has changed since, the request can only be refused or
 * withdrawn.
 */
function Decide({ request, onEnd }: RequestProps & { readonly onEnd: () => void }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const { message } = App.useApp();
  const what = useWhat()(request);
  const isOwn = useIsOwn(request);
  const decide = useMutationOf('requests.decide', ['grants', 'adapters', 'interfaces', 'apps', 'flows', 'system']);
  const withdraw = useMutationOf('requests.withdraw', ['system']);
  const { requestId, status, mayDecide, isOutdated } = request;
  const ask = (accept: boolean) =>
    confirm({
      title: accept ? t('accept') : t('refuse'),
      effect: accept ? t('acceptEffect', { what }) : t('refuseEffect'),
      verb: accept ? t('accept') : t('refuse'),
      isDangerous: !accept,
      needsReason: true,
      async run(why) {
        await decide.mutateAsync({ requestId, accept, reason: oneLine(why) });
        void message.success(t(accept ? 'done' : 'refused', { what }));
        onEnd();
      },
    });
  return (
    <>
      <div className={styles.acts}>
        {mayDecide && !isOutdated ? (
          <Button type="primary" onClick={() => ask(true)}>
            {t('accept')}
          </Button>
        ) : null}
        {mayDecide ? (
          <Button danger onClick={() => ask(false)}>
            {t('refuse')}
          </Button>
        ) : null}
        {isOwn && status === 'open' ? (
          <Button loading={withdraw.isPending} onClick={() => withdraw.mutate({ requestId }, { onSuccess: onEnd })}>
            {t('withdraw')}
          </Button>
        ) : null}
      </div>
      {withdraw.error === null ? null : <ErrorBox error={withdraw.error} />}
    </>
  );
}

function useIsOwn({ by }: Request): boolean {
  return by === useMe().name;
}
