import { Alert, Descriptions } from 'antd';
import { Link } from 'react-router';
import type { ErrorRecord } from '../../../../engine/contract/errors.ts';
import { errorText } from '../../../../engine/contract/error-texts.ts';
import type { FlowDocument } from '../../../../engine/contract/flow-document.ts';
import type { ExecutionDetails } from '../../../../engine/services.ts';
import { RUN_TEXTS } from '../../canvas/node-looks.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import { StatusTag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';

const TEXTS = defineTexts({
  status: ['状态', 'Status'],
  accepted: ['接收时间', 'Accepted'],
  finished: ['结束时间', 'Finished'],
  duration: ['耗时', 'Took'],
  version: ['流程版本', 'Flow version'],
  attempt: ['第几次', 'Attempt'],
  id: ['消息编号', 'Message id'],
  trace: ['追踪号', 'Trace id'],
  lane: ['通道', 'Lane'],
  laneKept: ['占用中：同一通道的后续消息在等它', 'Kept: later messages of the same lane wait for it'],
  held: ['停在“{{node}}”，等人处理', 'Held at “{{node}}”, waiting for a person'],
  known: ['已知：上一次没有在对方生效，重试是安全的。', 'Known: it was not done at the other side; a retry is safe.'],
  unknown: [
    '上一次写入的结果不明：对方可能已经办成。请先向对方核对，再决定重试或取消。',
    'The outcome of the last write is not known: the other side may have done it. Ask there before you retry or cancel.',
  ],
  cancelledUnknown: [
    '取消时，最后一次写入的结果不明：对方可能已经办成。重发之前请先向对方核对。',
    'When it was cancelled, the outcome of its last write was not known: the other side may have done it. Ask there before you send it anew.',
  ],
  key: ['已发出的键', 'Key that was sent'],
  late: ['迟到的结果', 'Late outcome'],
  replayOf: ['重发自', 'Resent from'],
  replay: ['已重发为', 'Resent as'],
  replacedBy: ['由它接替', 'Replaced by'],
  record: ['留存', 'Record'],
  reduced: ['流程当天的留存额度已用尽：只留下状态和业务键', 'The flow had used up its room of the day: status and keys alone are kept'],
  shortened: [
    '流程当天的留存额度已用尽：内容最多留一周',
    'The flow had used up its room of the day: its content is kept for a week at most',
  ],
  archive: ['归档', 'Archive'],
  archived: [
    '已移入归档：可查看、可作为新消息重发，不能重试',
    'Moved into the archive: it can be looked at and sent anew as a new message, not retried',
  ],
});

/** When, which version, where it stands and why, without a word of its content. */
export function MessageFacts({ details, document }: { readonly details: ExecutionDetails; readonly document: FlowDocument }) {
  const t = useTexts(TEXTS);
  const run = useTexts(RUN_TEXTS);
  const format = useFormat();
  const wordOf = (status: string) => (Object.hasOwn(RUN_TEXTS, status) ? run(status as keyof typeof RUN_TEXTS) : status);
  const { executionId, flowId, version, traceId, durationMs } = details;
  const labelOf = (nodeId: string) => document.nodes.find(({ id }) => id === nodeId)?.label ?? nodeId;
  const rows = [
    ['status', <StatusTag key="status" status={details.status} />],
    ['accepted', <TimeText key="accepted" at={details.acceptedAt} />],
    ['finished', details.finishedAt === undefined ? undefined : <TimeText key="finished" at={details.finishedAt} />],
    ['duration', durationMs === undefined ? undefined : format.duration(durationMs)],
    ['version', <Link key="version" to={`/flows/${flowId}`}>{`v${version}`}</Link>],
    ['attempt', details.attempt],
    ['id', <CopyText key="id" text={executionId} isShort />],
    ['trace', traceId === undefined ? undefined : <CopyText key="trace" text={traceId} isShort />],
    ...[details.replayOf].filter(isSet).map((id) => ['replayOf', <MessageLink key={id} id={id} />] as const),
    ...details.replays.map((id) => [id === details.replacedBy ? 'replacedBy' : 'replay', <MessageLink key={id} id={id} />] as const),
    ['record', details.isReduced ? t(details.hasPayload ? 'shortened' : 'reduced') : undefined],
    ['archive', details.isArchived === true ? t('archived') : undefined],
    ['lane', details.isLaneKept ? t('laneKept') : undefined],
    ...details.intents.map(
      ({ node, key }) =>
        [
          'key',
          <span key={key}>
            {labelOf(node)} <CopyText text={key} isShort />
          </span>,
        ] as const,
    ),
    ...details.lateOutcomes.map(({ node, status, at }) => ['late', `${labelOf(node)} · ${wordOf(status)} · ${format.time(at)}`] as const),
  ] as const;
  return (
    <>
      <Held details={details} labelOf={labelOf} />
      {details.error === undefined || isSaid(details) ? null : <ErrorNote error={details.error} />}
      <Descriptions
        column={1}
        size="small"
        bordered
        items={rows
          .filter(([, value]) => value !== undefined)
          .map(([key, children], index) => ({ key: `${key} ${index}`, label: t(key), children }))}
      />
    </>
  );
}

/** What it is held for says the same as its error. */
function isSaid({ held, status, error }: ExecutionDetails): boolean {
  return status === 'held' && held?.reason === error?.code;
}

function isSet(id: string | undefined): id is string {
  return id !== undefined;
}

/** Another message, linked with this one by a resend. */
function MessageLink({ id }: { readonly id: string }) {
  return (
    <Link to={`/messages/${id}`}>
      <code>{`${id.slice(0, 9)}…${id.slice(-5)}`}</code>
    </Link>
  );
}

function Held({ details, labelOf }: { readonly details: ExecutionDetails; readonly labelOf: (nodeId: string) => string }) {
  const t = useTexts(TEXTS);
  const { held, status, isUnknown } = details;
  if (status === 'cancelled' && isUnknown) return <Alert type="warning" showIcon title={t('cancelledUnknown')} />;
  if (status !== 'held' || held === undefined) return null;
  const words = t(held.outcomeKnown ? 'known' : 'unknown');
  return (
    <Alert
      type="warning"
      showIcon
      title={t('held', { node: labelOf(held.node) })}
      description={<HeldWords words={words} reason={held.reason} />}
    />
  );
}

/** Without its values, which only who may see payloads reads, a sentence has gaps, or is no more than the code. */
function isWhole({ code, values }: ErrorRecord, what: string): boolean {
  return values !== undefined || (what !== code && !what.includes('—') && !what.includes(code));
}

function HeldWords({ words, reason }: { readonly words: string; readonly reason: string }) {
  const { what } = useCauseWords()(reason);
  return (
    <>
      <div>
        {what} <code>{reason}</code>
      </div>
      <div>{words}</div>
    </>
  );
}

/** An error as it is stored: what, what to do, and its code. */
export function ErrorNote({ error }: { readonly error: ErrorRecord }) {
  const { what, fix } = errorText(error, useLanguage());
  const cause = useCauseWords()(error.code);
  return (
    <Alert
      type="error"
      showIcon
      title={isWhole(error, what) ? what : cause.what}
      description={
        <>
          {fix === undefined ? null : <div>{fix}</div>}
          <code>{error.code}</code>
        </>
      }
    />
  );
}
