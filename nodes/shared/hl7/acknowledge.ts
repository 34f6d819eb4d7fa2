/**
 * Builds acknowledgements (HL7 v2.8, 2.9.2) for received messages, and reads the acknowledgements for sent messages.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { escapeHl7 } from './escapes.ts';
import { headerField, readHl7, type Hl7Message } from './message.ts';
import { getHl7 } from './paths.ts';

/**
 * AA: accepted. AE: the message itself is wrong, sending it again will not help. AR: the message cannot be processed
 * now, or is of a kind that is not supported; try again later.
 */
export type AckCode = 'AA' | 'AE' | 'AR' | AcceptCode;

/** The accept level of the enhanced mode (HL7 v2.8, 2.9.3): the same for the storing of the message alone. */
export type AcceptCode = 'CA' | 'CE' | 'CR';

export interface AckOptions {
  readonly code: AckCode;
  /** Text for people at the sender; contains no personal data. */
  readonly text?: string;
  /** Epoch milliseconds, for MSH-7. */
  readonly now: number;
}

/**
 * Builds the ACK for a request. It has the request's delimiters, version, processing id and charset, with sender and
 * receiver swapped. MSA-2 is the MSH-10 of the request.
 */
export function buildAck(request: Hl7Message, { code, text, now }: AckOptions): string {
  const { field, component } = request.delimiters;
  const header = (number: number) => headerField(request, number);
  const event = header(9).split(component)[1] ?? '';
  const type = event === '' ? 'ACK' : ['ACK', event, 'ACK'].join(component);
  const msh = [
    'MSH',
    header(2),
    header(5),
    header(6),
    header(3),
    header(4),
    formatHl7Time(now),
    '',
    type,
    ackControlId(header(10)),
    header(11),
    header(12),
  ];
  if (header(18) !== '') msh.push('', '', '', '', '', header(18));
  const msa = ['MSA', code, header(10), ...(text === undefined ? [] : [escapeHl7(text, request.delimiters)])];
  return `${msh.join(field)}\r${msa.join(field)}\r`;
}

/**
 * Builds the refusal of bytes whose MSH could not be read. It names no receiver and no message, because both are
 * unknown.
 */
export function buildBlindNak(text: string, now: number, code: AckCode = 'AE'): string {
  const delimiters = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' };
  return `MSH|^~\\&|||||${formatHl7Time(now)}||ACK|NAK${now}|P|2.4\rMSA|${code}||${escapeHl7(text, delimiters)}\r`;
}

export interface Ack {
  /** MSA-1: AA, AE or AR. A system may also send CA, CE or CR (the accept level). */
  readonly code: string;
  /** MSA-2: MSH-10 of the acknowledged message. */
  readonly controlId: string;
  /** MSA-3, or the text of the first ERR. It may contain text about a patient, so it must not be logged. */
  readonly text: string;
  /** ERR-3.1 (HL7 2.5 and later), a code without personal data. */
  readonly errorCode: string;
}

/**
 * Parses an ACK. Throws HL7_ACK_MALFORMED (input) if its MSA-1 is missing or unknown. Also throws the errors of
 * `readHl7`.
 */
export function readAck(text: string): Ack {
  const message = readHl7(text);
  const code = getHl7(message, 'MSA-1') ?? '';
  if (!/^[AC][AER]$/.test(code))
    throw new AppError('HL7_ACK_MALFORMED', 'input', 'The response is not an HL7 acknowledgement: it has no MSA-1 of AA, AE or AR.');
  return {
    code,
    controlId: getHl7(message, 'MSA-2') ?? '',
    text: getHl7(message, 'MSA-3') || getHl7(message, 'ERR-8') || '',
    errorCode: getHl7(message, 'ERR-3.1') ?? '',
  };
}

/** Formats a time as `YYYYMMDDHHMMSS+0000`: always in UTC, so that it does not depend on the machine's time zone. */
export function formatHl7Time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}+0000`;
}

/**
 * Returns the ACK's own control id. It differs from the control id of the request. If the request is repeated, the ACK
 * has the same control id again. MSH-10 has at most 20 characters up to version 2.6.
 */
export function ackControlId(requestId: string): string {
  return requestId.length < 20 ? `A${requestId}` : `A${requestId.slice(1, 20)}`;
}
