import { Alert, Descriptions } from 'antd';
import { Link } from 'react-router';
import type { ErrorRecord } from '../../../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../../api/operations.ts';
import { RUN_TEXTS } from '../../../editor/state/node-looks.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { repeatOf, type Repeat } from '../../../model/problems/error-causes.ts';
import { CopyText } from '../../../kit/text/copy-text.tsx';
import { StatusTag } from '../../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../../kit/time/time-text.tsx';
import { callsAddress } from '../../../kit/traffic/calls-address.ts';
import { useMay } from '../../../session/session-context.ts';
import { useCauseText } from './cause-text.tsx';

const TEXTS = defineTexts({
  status: ['状态', 'Status'],
  accepted: ['接收时间', 'Accepted'],
  finished: ['结束时间', 'Finished'],
  duration: ['耗时', 'Took'],
  version: ['流程版本', 'Flow version'],
  attempt: ['执行次数', 'Runs'],
  id: ['消息编号', 'Message id'],
  trace: ['追踪号', 'Trace id'],
  call: ['网关调用', 'Call of the gateway'],
  showCall: ['查看', 'Show'],
  lane: ['通道', 'Lane'],
  laneKept: ['占用中：同一通道的后续消息在等它', 'Kept: later messages of the same lane wait for it'],
  doneWrite: ['已办理', 'Done'],
  more: ['共 {{count}} 项', '{{count}} in total'],
  concluded: ['按已办理结束', 'Ended as done'],
  concludedBy: ['{{by}}，{{at}}', '{{by}}, {{at}}'],
  cancelledUnknown: [
    '取消时，最后一次写入的结果不明：对方可能已经办成。重发之前请先向对方核对。',
    'When it was cancelled, the outcome of its last write was not known: the other side may have done it. Ask the other side before you resend it.',
  ],
  key: ['已发出的幂等键', 'Key that was sent'],
  late: ['迟到的结果', 'Late outcome'],
  notDone: ['没有发出或没有办成', 'Not sent, or not done'],
  replayOf: ['重发自', 'Resent from'],
  replay: ['已重发为', 'Resent as'],
  place: ['在通道中的位置', 'Place in its lane'],
  inPlace: ['接替原消息，位置和业务键不变', 'That of the message it replaces, with its business keys'],
  atEnd: ['新消息，排在通道末尾', 'A new message, at the end of the lane'],
  replacedBy: ['由它接替', 'Replaced by'],
  record: ['留存', 'Record'],
  reduced: ['流程当天的留存额度已用尽：只留下状态和业务键', 'The flow had used up its quota for the day: only status and keys are kept'],
  shortened: [
    '流程当天的留存额度已用尽：内容最多留一周',
    'The flow had used up its quota for the day: its content is kept for at most a week',
  ],
  archive: ['归档', 'Archive'],
  archived: [
    '已移入归档：可查看、可作为新消息重发，不能重试',
    'Moved into the archive: it can be viewed and resent as a new message, but not retried',
  ],
});

/** Maximum number of writes that are listed. A loop may have written thousands of times. */
const MOST_WRITES = 10;

/** Shows times, version, state and cause of a message, without its content. */
export function MessageFacts({ details, document }: { readonly details: ExecutionDetails; readonly document: FlowDocument }) {
  const t = useTexts(TEXTS);
  const run = useTexts(RUN_TEXTS);
  const format = useFormat();
  const wordOf = (status: string) =>
    status === 'not-done' ? t('notDone') : Object.hasOwn(RUN_TEXTS, status) ? run(status as keyof typeof RUN_TEXTS) : status;
  const maySeeCalls = useMay()('interfaces.read');
  const { executionId, flowId, version, traceId, durationMs } = details;
  const placeWords = { kept: t('inPlace'), 'end-of-lane': t('atEnd'), 'no-lane': undefined };
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
    [
      'call',
      traceId === undefined || !maySeeCalls ? undefined : (
        <Link key="call" to={callsAddress({ trace: traceId })}>
          {t('showCall')}
        </Link>
      ),
    ],
    ...[details.replayOf].filter(isSet).map((id) => ['replayOf', <MessageLink key={id} id={id} />] as const),
    ['place', placeWords[details.place ?? 'no-lane']],
    ...details.replays.map((id) => [id === details.replacedBy ? 'replacedBy' : 'replay', <MessageLink key={id} id={id} />] as const),
    ['record', details.isReduced ? t(details.hasPayload ? 'shortened' : 'reduced') : undefined],
    ['archive', details.isArchived === true ? t('archived') : undefined],
    ['lane', details.isLaneKept ? t('laneKept') : undefined],
    [
      'concluded',
      details.concluded === undefined ? undefined : t('concludedBy', { by: details.concluded.by, at: format.time(details.concluded.at) }),
    ],
    ...details.doneWrites.slice(0, MOST_WRITES).map(
      ({ node, scope, key }) =>
        [
          'doneWrite',
          <span key={key}>
            {[labelOf(node), scope].filter(Boolean).join(' · ')} <CopyText text={key} isShort />
          </span>,
        ] as const,
    ),
    ['doneWrite', details.doneWrites.length > MOST_WRITES ? t('more', { count: details.doneWrites.length }) : undefined],
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
      {details.status === 'cancelled' && details.isUnknown ? <Alert type="warning" showIcon title={t('cancelledUnknown')} /> : null}
      {details.error === undefined || details.standstills.length > 0 ? null : (
        <ErrorNote error={details.error} repeat={repeatOf(details.status, document.mode)} isFixHidden={details.hasWritten} />
      )}
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

function isSet(id: string | undefined): id is string {
  return id !== undefined;
}

/** Links to another message: the one of which this message is a resend, or a resend of this message. */
function MessageLink({ id }: { readonly id: string }) {
  return (
    <Link to={`/messages/${id}`}>
      <code>{`${id.slice(0, 9)}…${id.slice(-5)}`}</code>
    </Link>
  );
}

interface ErrorNoteProps {
  readonly error: ErrorRecord;
  readonly repeat: Repeat;
  readonly isFixHidden?: boolean;
}

/**
 * Shows a stored error: what happened, what to do, and its code. Set `isFixHidden` after a completed write, because the
 * advice may be to send the message again.
 */
export function ErrorNote({ error, repeat, isFixHidden = false }: ErrorNoteProps) {
  const cause = useCauseText(error, { repeat });
  return (
    <Alert
      type="error"
      showIcon
      title={cause?.what}
      description={
        <>
          {cause?.fix === undefined || isFixHidden ? null : <div>{cause.fix}</div>}
          <code>{error.code}</code>
        </>
      }
    />
  );
}
