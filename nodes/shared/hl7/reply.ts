/** Completes the reply of a flow to a message: what every reply must name is filled in where the flow left it out. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Message } from '../../../engine/contract/values/message.ts';
import { decodeText } from '../charset/text-charset.ts';
import { ackControlId, formatHl7Time } from './acknowledge.ts';
import { fromHl7Form } from './form.ts';
import { headerField, readHl7, segmentName, type Hl7Message } from './message.ts';
import { getHl7, setHl7 } from './paths.ts';

/**
 * Returns the reply as a message. `reply` holds HL7 text, bytes or data of `hl7.parse`. Its MSH gets the swapped parties,
 * time, control id, processing id, version and charset where they are empty; without MSA, one with AA and the control id
 * of the request follows. Throws HL7_REPLY_WRONG (input) if it is no HL7 message, names no
 * message type, or answers another message.
 */
export function completeReply(reply: Message, request: Hl7Message, now: number): Hl7Message {
  let message = withAcknowledgement(read(reply), headerField(request, 10));
  if (headerField(message, 9).trim() === '') throw wrong('it has no message type in MSH-9', 'type');
  if (getHl7(message, 'MSA-2') !== headerField(request, 10)) throw wrong('its MSA-2 names another message', 'other');
  const hasParties = [3, 4, 5, 6].some((number) => headerField(message, number) !== '');
  const defaults: readonly (readonly [number, string])[] = [
    ...(hasParties ? [] : PARTIES.map(([to, from]) => [to, headerField(request, from)] as const)),
    [7, formatHl7Time(now)],
    [10, ackControlId(headerField(request, 10))],
    [11, headerField(request, 11)],
    [12, headerField(request, 12)],
  ];
  for (const [number, raw] of defaults) if (raw !== '' && headerField(message, number) === '') message = withHeader(message, number, raw);
  // The reply is encoded like the request, so it must name the same charset.
  return headerField(message, 18) === headerField(request, 18) ? message : withHeader(message, 18, headerField(request, 18));
}

const PARTIES = [
  [3, 5],
  [4, 6],
  [5, 3],
  [6, 4],
] as const;

function read(reply: Message): Hl7Message {
  try {
    return readHl7(textOf(reply));
  } catch (error) {
    throw error instanceof AppError ? wrong('it is no HL7 v2 message', 'form', error) : error;
  }
}

function textOf({ data, charset }: Message): string {
  if (typeof data === 'string') return data;
  return data instanceof Uint8Array ? decodeText(data, charset ?? 'UTF-8') : fromHl7Form(data);
}

function withAcknowledgement(message: Hl7Message, controlId: string): Hl7Message {
  const { delimiters, segments, ends } = message;
  const { field } = delimiters;
  if (segments.some((line) => segmentName(line, delimiters) === 'MSA')) {
    const coded = getHl7(message, 'MSA-1') ? message : setHl7(message, 'MSA-1', 'AA');
    return getHl7(coded, 'MSA-2') ? coded : setHl7(coded, 'MSA-2', controlId);
  }
  const msa = ['MSA', 'AA', controlId].join(field);
  const [first = '\r', ...others] = ends;
  return { ...message, segments: [segments[0]!, msa, ...segments.slice(1)], ends: [first || '\r', '\r', ...others] };
}

/** Sets a field of MSH to raw text, which comes from the MSH of the request. */
function withHeader(message: Hl7Message, number: number, raw: string): Hl7Message {
  const [header = '', ...others] = message.segments;
  const fields = header.split(message.delimiters.field);
  while (fields.length < number) fields.push('');
  fields[number - 1] = raw;
  return { ...message, segments: [fields.join(message.delimiters.field), ...others] };
}

function wrong(reason: string, problem: string, cause?: AppError): AppError {
  return new AppError('HL7_REPLY_WRONG', 'input', `The reply of the flow cannot be sent: ${reason}.`, {
    values: { problem },
    cause,
    fix: 'Reply with an HL7 message that has MSH-9, for example RSP^K11, and leave MSA-2 out or take it from MSH-10 of the request.',
  });
}
