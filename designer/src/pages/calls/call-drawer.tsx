import { Descriptions, Drawer, Skeleton } from 'antd';
import { Link } from 'react-router';
import type { CallLine } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { useMay } from '../../session/session-context.ts';
import { CallBodies } from './call-bodies.tsx';
import { OutcomeTag, useReason } from './call-result.tsx';
import styles from './calls.module.css';
import { useStageWords } from './stage-words.ts';
import type { OpenedCall } from './use-call-conditions.ts';
import { DecidingSetting } from './deciding-setting.tsx';
import { useAppWords } from './use-call-columns.tsx';
import { useNames } from './use-names.ts';

const TEXTS = defineTexts({
  title: ['一次调用', 'One call'],
  gone: ['没有找到这次调用', 'This call was not found'],
  goneNext: [
    '访问日志只保留最近的调用；写有它的网关也可能已停止。',
    'The access log keeps the latest calls only, or the gateway with this call is stopped.',
  ],
  decision: ['由策略“{{policy}}”决定，阶段：{{stage}}', 'Decided by the policy "{{policy}}" in the stage: {{stage}}'],
  inStage: ['阶段：{{stage}}', 'Stage: {{stage}}'],
  byTarget: ['由目标（流程或后端服务）应答', 'Answered by the target (flow or service)'],
  at: ['时间', 'Time'],
  ms: ['耗时', 'Took'],
  interface: ['接口', 'Interface'],
  app: ['应用', 'App'],
  key: ['密钥', 'Key'],
  path: ['方法与路径', 'Method and path'],
  ip: ['来源地址', 'Address'],
  via: ['经隔离区节点', 'Through the DMZ node'],
  front: ['网关', 'Front'],
  sizes: ['请求 / 应答大小', 'Size of request / response'],
  attempts: ['后端调用次数', 'Attempts at the upstream'],
  plan: ['发布版本', 'Plan'],
  process: ['网关进程', 'Gateway process'],
  trace: ['追踪号', 'Trace id'],
  notes: ['策略的记录', 'Notes of policies'],
  messages: ['看流程消息', 'Messages of the flow'],
  same: ['同接口、同应用、同错误码的调用', 'Calls with the same interface, app and code'],
  sameApp: ['这个应用在此接口的全部调用', 'All calls of this app to this interface'],
  simulate: ['模拟这样的请求', 'Simulate such a request'],
});

interface CallDrawerProps {
  readonly opened: OpenedCall;
  /** Calls of the list, among which the opened one usually is. */
  readonly known: readonly CallLine[];
  readonly onClose: () => void;
}

/** Shows one call beside the list. A call that is not in the list, as when the address was sent to a colleague, is searched. */
export function CallDrawer({ opened: { at, traceId }, known, onClose }: CallDrawerProps) {
  const t = useTexts(TEXTS);
  const inList = known.find((call) => call.at === at && call.traceId === traceId);
  const search = useQueryOf('calls.search', { traceId, from: at, to: at, limit: 1 }, { enabled: inList === undefined });
  const call = inList ?? search.data?.items[0];
  return (
    <Drawer open title={t('title')} size={640} onClose={onClose}>
      {call !== undefined ? (
        <CallDetails call={call} />
      ) : search.error !== null ? (
        <ErrorBox error={search.error} onRetry={() => void search.refetch()} />
      ) : search.isPending ? (
        <Skeleton active />
      ) : (
        <EmptyState title={t('gone')} next={t('goneNext')} />
      )}
    </Drawer>
  );
}

function CallDetails({ call }: { readonly call: CallLine }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.stack}>
      <Decision call={call} />
      <Links call={call} />
      <Facts call={call} />
      {call.notes === undefined ? null : (
        <section className={styles.part}>
          <h3>{t('notes')}</h3>
          <Notes notes={call.notes} />
        </section>
      )}
      <CallBodies call={call} />
    </div>
  );
}

/** Shows the outcome, which stage and policy decided, why, and what the caller can do. */
function Decision({ call }: { readonly call: CallLine }) {
  const t = useTexts(TEXTS);
  const reason = useReason()(call);
  const decision = useStageWords().decisionOf(call);
  const words =
    decision === undefined
      ? t('byTarget')
      : decision.policy === undefined
        ? t('inStage', { stage: decision.stage })
        : t('decision', { stage: decision.stage, policy: decision.policy });
  return (
    <div className={styles.decision} data-decision={call.decidedBy ?? ''}>
      <div>
        <OutcomeTag call={call} /> {call.code === undefined ? null : <code>{call.code}</code>}
      </div>
      {reason === undefined ? null : (
        <>
          <strong>{reason.what}</strong>
          {reason.fix === '' ? null : <span>{reason.fix}</span>}
        </>
      )}
      <span>{words}</span>
      <DecidingSetting call={call} />
    </div>
  );
}

function Links({ call }: { readonly call: CallLine }) {
  const { traceId, interfaceId, appId, claimedAppId, code, front, method } = call;
  const t = useTexts(TEXTS);
  const may = useMay();
  const app = appId ?? claimedAppId;
  const { hasReachedTarget } = useStageWords();
  const of = { ...(interfaceId === undefined ? {} : { interface: interfaceId }), ...(app === undefined ? {} : { app }) };
  const simulated = new URLSearchParams({
    front,
    ...(method === undefined ? {} : { method }),
    ...(interfaceId === undefined ? {} : { interface: interfaceId }),
    ...(appId === undefined ? {} : { app: appId }),
  });
  return (
    <div className={styles.links}>
      {hasReachedTarget(call) && may('executions.read') ? (
        <Link to={`/messages?text=${encodeURIComponent(traceId)}`}>{t('messages')}</Link>
      ) : null}
      {code === undefined ? null : <Link to={callsAddress({ ...of, code })}>{t('same')}</Link>}
      {interfaceId === undefined || app === undefined ? null : <Link to={callsAddress(of)}>{t('sameApp')}</Link>}
      <Link to={`/calls/simulate?${simulated.toString()}`}>{t('simulate')}</Link>
    </div>
  );
}

function Facts({ call }: { readonly call: CallLine }) {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const format = useFormat();
  const { interfaceName } = useNames();
  const appWords = useAppWords();
  const { at, ms, interfaceId, keyId, method, path, ip, via, bytesIn, bytesOut, attempts, planNumber, processId, traceId } = call;
  const rows = [
    ['at', <TimeText key="at" at={at} />],
    ['ms', format.duration(ms)],
    [
      'interface',
      interfaceId === undefined ? undefined : (
        <Link key="interface" to={`/interfaces/${interfaceId}`}>
          {interfaceName(interfaceId) ?? interfaceId}
        </Link>
      ),
    ],
    ['app', appWords(call)],
    ['key', keyId === undefined ? undefined : <code key="key">{keyId}</code>],
    [
      'path',
      <code key="path">
        {method} {path}
      </code>,
    ],
    ['ip', <code key="ip">{ip}</code>],
    ['via', via === undefined ? undefined : <code key="via">{via}</code>],
    ['front', front(call.front as keyof typeof FRONT_TEXTS)],
    ['sizes', `${format.size(bytesIn)} / ${format.size(bytesOut)}`],
    ['attempts', attempts === undefined ? undefined : format.number(attempts)],
    ['plan', planNumber === undefined ? undefined : format.number(planNumber)],
    ['process', <CopyText key="process" text={processId} isShort />],
    ['trace', <CopyText key="trace" text={traceId} />],
  ] as const;
  return (
    <Descriptions
      column={1}
      size="small"
      bordered
      items={rows.filter(([, value]) => value !== undefined).map(([key, children]) => ({ key, label: t(key), children }))}
    />
  );
}

/** Shows what policies noted: which one, at which place, and what. */
export function Notes({ notes }: { readonly notes: NonNullable<CallLine['notes']> }) {
  const { labelOf, noteOf, dimensionOf } = useStageWords();
  return (
    <ul className={styles.notes}>
      {notes.map((note, index) => (
        <li key={index}>
          {labelOf(note.policy)} {note.where === undefined ? null : (dimensionOf(note) ?? <code>{note.where}</code>)}{' '}
          {noteOf(note.what) ?? <code>{note.what}</code>}
        </li>
      ))}
    </ul>
  );
}
