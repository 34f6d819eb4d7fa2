import type { ReactNode } from 'react';
import { CircleX, Clock3, Hand, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { FlowDocument, FlowNode } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails, PayloadAnswer, Standstill } from '../../../api/operations.ts';
import { useMay } from '../../../session/session-context.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { repeatOf } from '../../../model/problems/error-causes.ts';
import { TimeText } from '../../../kit/time/time-text.tsx';
import { CauseIssues, useCauseText } from './cause-text.tsx';
import { causeLinks, FieldLink } from './cause-links.tsx';
import { failingField } from './failing-field.ts';
import { missingCode } from './missing-code.ts';
import styles from './standstill-card.module.css';

const TEXTS = defineTexts({
  failed: ['在“{{node}}”失败', 'Failed at “{{node}}”'],
  held: ['停在“{{node}}”，待人工处理', 'Held at “{{node}}”: it needs a decision'],
  retrying: ['“{{node}}”等待下一次尝试', '“{{node}}” waits for its next attempt'],
  waiting: ['在“{{node}}”等待', 'Waits at “{{node}}”'],
  heldNowhere: ['待人工处理', 'Held: it needs a decision'],
  known: ['已知：上一次没有在对方生效，重试是安全的。', 'Known: it was not done at the other side; a retry is safe.'],
  unknown: [
    '上一次写入的结果不明：对方可能已经办成。请先向对方核对，再决定重试或取消。',
    'The outcome of the last write is not known: the other side may have done it. Ask the other side before you retry or cancel.',
  ],
  done: [
    '写操作已在对方生效，随后流程出错，不要重新发送。可以继续执行（已办理的不重做）、给出应答，或按已办理结束。',
    'The write was done at the other side, then the flow failed. Do not send it again. Continue it (completed steps are kept), give the reply, or end it as done.',
  ],
  tablesOfNow: [
    '补充代码后重试，选“用现在的代码表”；用当时的代码表重试还会停在这里。',
    'When the code has been added, retry with the current code tables; with those as received it stops here again.',
  ],
  sendAnew: [
    '这条消息用的是接收时的代码表；补充代码后请用“更正后重发”，内容可以不改。',
    'This message used the code tables from when it was accepted: when the code has been added, use “Correct and resend”; you do not have to change the content.',
  ],
  again: ['又停在“{{node}}”', 'Held at “{{node}}” again'],
  againFor: ['又停在“{{node}}”：{{cause}}', 'Held at “{{node}}” again: {{cause}}'],
  missingCode: ['缺少的代码', 'Missing code'],
  seeData: ['查看数据后显示', 'Visible when the data is shown'],
  inData: ['见下方的输入数据', 'See the input data below'],
  code: ['错误代码', 'Error code'],
  field: ['字段', 'Field'],
  failedSince: ['失败时间', 'Failed'],
  heldSince: ['挂起时间', 'Held since'],
  retryingSince: ['首次尝试', 'First attempt'],
  firstHeld: ['首次挂起', 'First held'],
  attempt: ['尝试', 'Attempt'],
  attemptOfRun: ['第 {{run}} 次执行中的第 {{n}} 次尝试', 'Attempt {{n}} of run {{run}}'],
  attemptOnly: ['第 {{n}} 次尝试', 'Attempt {{n}}'],
  attemptOf: ['第 {{n}} 次尝试，共 {{most}} 次', 'Attempt {{n}} of {{most}}'],
  next: ['下次尝试', 'Next attempt'],
  until: ['最迟等到', 'Waits until'],
  ago: ['（{{ago}}）', ' ({{ago}})'],
});

const ICONS: Readonly<Record<Standstill['state'], LucideIcon>> = { failed: CircleX, held: Hand, retrying: Clock3, waiting: Clock3 };

interface Props {
  readonly standstill: Standstill;
  readonly details: ExecutionDetails;
  readonly document: FlowDocument;
  /** True if the message continued while the page was open and has stopped again. */
  readonly isAgain: boolean;
  /** The data of the message; undefined until it is loaded. */
  readonly data: PayloadAnswer | undefined;
}

/** Shows why a message stopped or failed at a node: the cause, what to do, the time, and the attempt number. */
export function StandstillCard({ standstill, details, document, isAgain, data }: Props) {
  const t = useTexts(TEXTS);
  const { state, error } = standstill;
  const node = document.nodes.find(({ id }) => id === standstill.node);
  const cause = useCauseText(error, {
    reason: state === 'held' ? details.held?.reason : undefined,
    repeat: repeatOf(details.status, document.mode),
  });
  const advice = adviceOf(standstill, details);
  const Icon = ICONS[state];
  const nodeName = node?.label ?? standstill.node;
  const isHeldAgain = isAgain && state === 'held' && standstill.node !== '';
  const title = standstill.node === '' ? t('heldNowhere') : t(state, { node: nodeName });
  return (
    <section className={`${styles.card} ${styles[state]}`} aria-label={title}>
      <div className={styles.title}>
        <Icon size={16} aria-hidden />
        {title}
      </div>
      {isHeldAgain ? (
        <div key={details.attempt} role="alert" className={styles.again}>
          <TriangleAlert size={16} aria-hidden />
          {cause === undefined ? t('again', { node: nodeName }) : t('againFor', { node: nodeName, cause: cause.what })}
        </div>
      ) : null}
      {cause === undefined || isHeldAgain ? null : <p className={styles.cause}>{cause.what}</p>}
      {cause === undefined ? null : <CauseIssues issues={cause.issues} node={node} className={styles.issues} />}
      {cause?.fix === undefined || !isFixShown(standstill, details) ? null : <p className={styles.remedy}>{cause.fix}</p>}
      {advice === undefined ? null : <p className={styles.remedy}>{t(advice)}</p>}
      <Facts standstill={standstill} details={details} node={node} data={data} />
    </section>
  );
}

/**
 * Returns whether to show the advice of the error. It may be to send the message again, so it is hidden if a write was
 * or may have been done.
 */
function isFixShown({ state }: Standstill, { held, hasWritten }: ExecutionDetails): boolean {
  return !hasWritten && (state !== 'held' || held?.outcomeKnown !== false);
}

function adviceOf(
  { state, error }: Standstill,
  { held, hasWritten }: ExecutionDetails,
): 'known' | 'unknown' | 'done' | 'tablesOfNow' | 'sendAnew' | undefined {
  // If a code is missing in a code table, give only the advice about the table. The advice that a retry is safe would
  // distract from it.
  if (/^CODE_(TABLE_)?UNKNOWN$/.test(error?.code ?? '') && !hasWritten) return state === 'held' ? 'tablesOfNow' : 'sendAnew';
  if (state !== 'held' || held === undefined) return undefined;
  if (!held.outcomeKnown) return 'unknown';
  return hasWritten ? 'done' : 'known';
}

function Facts({
  standstill,
  details,
  node,
  data,
}: Pick<Props, 'standstill' | 'details' | 'data'> & { readonly node: FlowNode | undefined }) {
  const t = useTexts(TEXTS);
  const { state, error, attempt, mostAttempts, since, firstHeldAt, nextAt } = standstill;
  const links = causeLinks(node, error);
  const field = failingField(node, error);
  const mayLook = useMay()('executions.payload');
  const missing = missingCode(standstill, node, data);
  const code = error?.code ?? details.held?.reason;
  const sinceLabel = { failed: 'failedSince', held: 'heldSince', retrying: 'retryingSince', waiting: undefined } as const;
  const label = sinceLabel[state];
  return (
    <dl className={styles.facts}>
      {code === undefined ? null : (
        <Fact label={t('code')}>
          <code>{code}</code>
        </Fact>
      )}
      {links.map(({ kind, id, Link }) => (
        <Link key={kind} id={id} />
      ))}
      {error?.code === 'CODE_UNKNOWN' && mayLook ? (
        <Fact label={t('missingCode')}>
          {data === undefined ? (
            <span className={styles.quiet}>{t('seeData')}</span>
          ) : missing === undefined ? (
            t('inData')
          ) : (
            <code>{missing}</code>
          )}
        </Fact>
      ) : null}
      {field === undefined || node === undefined ? null : (
        <Fact label={t('field')}>
          <FieldLink flowId={details.flowId} nodeId={node.id} field={field} />
        </Fact>
      )}
      {since === undefined || label === undefined ? null : (
        <Fact label={t(label)}>
          <When at={since} />
        </Fact>
      )}
      {firstHeldAt === undefined || firstHeldAt === since ? null : (
        <Fact label={t('firstHeld')}>
          <When at={firstHeldAt} />
        </Fact>
      )}
      {attempt === undefined ? null : (
        <Fact label={t('attempt')}>
          {mostAttempts === undefined
            ? details.attempt > 1
              ? t('attemptOfRun', { n: attempt, run: details.attempt })
              : t('attemptOnly', { n: attempt })
            : t('attemptOf', { n: attempt, most: mostAttempts })}
        </Fact>
      )}
      {nextAt === undefined ? null : (
        <Fact label={t(state === 'retrying' ? 'next' : 'until')}>
          <When at={nextAt} />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function When({ at }: { readonly at: number }) {
  const t = useTexts(TEXTS);
  return (
    <>
      <TimeText at={at} />
      <span className={styles.quiet}>{t('ago', { ago: useFormat().ago(at) })}</span>
    </>
  );
}
