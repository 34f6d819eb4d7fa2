/**
 * What is sent back for a message: acknowledgements in the original and the enhanced mode (HL7 v2.8, 2.9.2 and 2.9.3), and
 * the reply of a sync flow in their place.
 */
import { isReceiverFault } from '../../engine/contract/calls/receiver-fault.ts';
import { toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { ArrivalResult, Reply } from '../../engine/contract/node/node.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { buildAck, type AckOptions } from '../shared/hl7/acknowledge.ts';
import { headerField, writeHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { completeReply } from '../shared/hl7/reply.ts';
import { getHl7 } from '../shared/hl7/paths.ts';

export interface AnswerTo {
  readonly request: Hl7Message;
  readonly charset: string;
  /** Epoch milliseconds, for MSH-7. */
  readonly now: number;
  readonly log: Logger;
  /** Why the reply that the flow made cannot be sent. */
  unusable?: ErrorRecord;
}

type Judgement = Pick<AckOptions, 'text'> & { readonly level: 'A' | 'E' | 'R' };

/** Returns the frames to send; undefined if the message could not be stored and the sender must repeat it. */
export function answersFor(result: ArrivalResult, to: AnswerTo, replies: boolean): readonly Buffer[] | undefined {
  if (result.status === 'replied') return repliesFor(result, to);
  if (result.status === 'refused' && result.error.kind === 'transient' && !replies) return undefined;
  if (result.status === 'refused' && result.error.code === to.unusable?.code) return refuseReply(to.unusable, to);
  return acksFor(judge(result), to);
}

/** Returns the acknowledgement of a message that no flow has seen, or that a flow has taken or refused. */
export function acksFor({ level, text }: Judgement, to: AnswerTo): readonly Buffer[] {
  const { accept, application } = conditionsOf(to.request);
  const isGood = level === 'A';
  if (accept === '' && application === '') return [ackOf(to, { code: `A${level}`, text })];
  if (isWanted(accept, isGood)) return [ackOf(to, { code: `C${level}`, text })];
  return isWanted(application, isGood) && accept !== 'AL' ? [ackOf(to, { code: `A${level}`, text })] : [];
}

/**
 * Returns the reply of a flow, after the accept acknowledgement if the sender wants one. A sender that asked with MSH-15
 * alone still gets the reply, because it is why it asked.
 */
function repliesFor({ reply }: Extract<ArrivalResult, { status: 'replied' }>, to: AnswerTo): readonly Buffer[] {
  const { accept, application } = conditionsOf(to.request);
  try {
    const { bytes, isGood } = encodeReply(reply, to);
    const acks = acceptAck(accept, to);
    return application === '' || isWanted(application, isGood) ? [...acks, bytes] : acks;
  } catch (error) {
    // The stored reply to an earlier message; a new one was checked before.
    return refuseReply(toErrorRecord(error), to);
  }
}

function acceptAck(accept: string, to: AnswerTo): readonly Buffer[] {
  return isWanted(accept, true) ? [ackOf(to, { code: 'CA', text: undefined })] : [];
}

/** The message is right, so the sender gets R. */
function refuseReply({ code, message }: ErrorRecord, to: AnswerTo): readonly Buffer[] {
  to.log.warn('mllp.reply-unusable', { code, reason: message });
  return [...acceptAck(conditionsOf(to.request).accept, to), ackOf(to, { code: 'AR', text: `${code}: ${message}` })];
}

/** Throws if the reply of a flow, which was made later, cannot be sent to the sender of the request. */
export function checkLaterReply(reply: Reply, request: Hl7Message, charset = 'UTF-8'): void {
  encodeReply(reply, { request, charset, now: 0 });
}

/** Throws if the reply of a flow cannot be sent, and keeps why. */
export function checkReply(reply: Reply, to: AnswerTo): void {
  try {
    encodeReply(reply, to);
  } catch (error) {
    to.unusable = toErrorRecord(error);
    throw error;
  }
}

function encodeReply({ message: content }: Reply, { request, charset, now }: Pick<AnswerTo, 'request' | 'charset' | 'now'>) {
  const message = completeReply(content, request, now);
  return { bytes: encodeText(writeHl7(message), charset), isGood: getHl7(message, 'MSA-1') === 'AA' };
}

/** MSH-15 and MSH-16: AL always, NE never, SU on success, ER on failure. Empty if the sender uses the original mode. */
function conditionsOf(request: Hl7Message): { readonly accept: string; readonly application: string } {
  return { accept: headerField(request, 15).trim(), application: headerField(request, 16).trim() };
}

function isWanted(condition: string, isGood: boolean): boolean {
  return condition === 'SU' ? isGood : condition === 'ER' ? !isGood : condition !== '' && condition !== 'NE';
}

/** E: the message is wrong, sending it again will not help. R: the platform failed, or a system behind it (HL7 v2.8, 2.9.2.2). */
function judge(result: Exclude<ArrivalResult, { status: 'replied' }>): Judgement {
  if (result.status !== 'refused') return { level: 'A' };
  const { error } = result;
  return { level: error.kind === 'input' && !isReceiverFault(error) ? 'E' : 'R', text: textOf(error) };
}

/**
 * Returns the text for MSA-3. The sender gets the reason if it is about its message, or if the author of the flow wrote it.
 * Other errors tell of systems behind the flow (addresses, refusals, tables), which are not the sender's: of them it gets
 * the code, under which the operator finds the rest.
 */
export function textOf({ code, kind, message, text }: ErrorRecord): string {
  const isForSender = kind === 'input' && (text !== undefined || OF_MESSAGE.test(code));
  return `${code}: ${isForSender ? message : 'The message could not be processed; ask the operator of the receiver.'}`;
}

/** Codes of errors that name places and rules of the message itself. */
const OF_MESSAGE = /^(?:HL7|CHARSET|CHECK|MAPPING|CODE|JSON|XML|PARSE|MLLP_FRAME|MLLP_NOT)_/;

/** Encodes the ACK. If the sender's charset cannot encode the reason, the ACK is sent without it. */
function ackOf(
  { request, charset, now }: AnswerTo,
  { code, text }: Pick<AckOptions, 'code'> & { readonly text: string | undefined },
): Buffer {
  try {
    return encodeText(buildAck(request, { code, now, ...(text === undefined ? {} : { text }) }), charset);
  } catch {
    return encodeText(buildAck(request, { code, now }), charset);
  }
}
