/**
 * HL7 v2 messages as text (HL7 v2.8 chapter 2). Unknown and unchanged parts are written byte for byte as they were
 * read. Nothing is parsed before it is needed: reading only splits lines, and a field is found by counting
 * separators.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';

export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  /** Empty if MSH-2 has no escape character; the message then has no escape sequences. */
  readonly escape: string;
  readonly subcomponent: string;
}

/** A message. It is immutable: `setHl7` returns a new message that shares the unchanged parts. */
export interface Hl7Message {
  readonly delimiters: Delimiters;
  /** The text before MSH, such as a byte order mark or line ends. */
  readonly lead: string;
  /** Segments without their line ends. */
  readonly segments: readonly string[];
  /**
   * The line end after each segment, as received (the standard requires CR). The last one is `''` if the text does not
   * end with a line end.
   */
  readonly ends: readonly string[];
}

/**
 * Maximum number of segments. For comparison: a message of 8 MB has about 130,000 segments with one observation each.
 */
const MAX_SEGMENTS = 300_000;
const MAX_HEADER_CHARS = 64 * 1024;

/**
 * Reads a message. Throws HL7_MALFORMED (input) if it does not start with an MSH that names distinct delimiters, or
 * if it contains a VT or FS. Throws HL7_TOO_MANY_PARTS (input) if it has more parts than any real message.
 */
export function readHl7(text: string): Hl7Message {
  const start = /^[\ufeff\r\n]*/.exec(text)![0].length;
  const delimiters = readDelimiters(text.slice(start, start + 20));
  // An MLLP block character inside a message means that two messages were joined by mistake.
  if (text.includes('\u000b') || text.includes('\u001c')) throw malformed('its text contains a block character (VT or FS)', 'block');
  const segments: string[] = [];
  const ends: string[] = [];
  const length = text.length;
  let from = start;
  while (from < length) {
    const to = nextLineEnd(text, from);
    let next = to;
    while (next < length && isLineEnd(text.charCodeAt(next))) next += 1;
    if (segments.length === MAX_SEGMENTS) throw tooMany('segments', MAX_SEGMENTS);
    if (segments.length === 0 && to - from > MAX_HEADER_CHARS) throw tooMany('header', MAX_HEADER_CHARS);
    segments.push(text.slice(from, to));
    ends.push(text.slice(to, next));
    from = next;
  }
  return { delimiters, lead: text.slice(0, start), segments, ends };
}

/** Returns the text of a message. Parts that were not changed are byte for byte as they were read. */
export function writeHl7(message: Hl7Message): string {
  let text = message.lead;
  for (let i = 0; i < message.segments.length; i++) text += message.segments[i]! + message.ends[i]!;
  return text;
}

/** Returns the name of a segment: the text before its first field separator. */
export function segmentName(line: string, delimiters: Delimiters): string {
  const end = line.indexOf(delimiters.field);
  return end < 0 ? line : line.slice(0, end);
}

/**
 * Returns the raw text of a field by its HL7 number; undefined if the segment is shorter. MSH-1 is the separator
 * itself.
 */
export function fieldText(line: string, number: number, delimiters: Delimiters): string | undefined {
  const isHeader = line.startsWith('MSH');
  if (isHeader && number === 1) return delimiters.field;
  let from = 0;
  for (let skip = isHeader ? number - 1 : number; skip > 0; skip--) {
    from = line.indexOf(delimiters.field, from) + 1;
    if (from === 0) return undefined;
  }
  const to = line.indexOf(delimiters.field, from);
  return to < 0 ? line.slice(from) : line.slice(from, to);
}

/** Returns a raw field of the MSH segment; `''` if it is absent. */
export function headerField(message: Hl7Message, number: number): string {
  return fieldText(message.segments[0]!, number, message.delimiters) ?? '';
}

function readDelimiters(head: string): Delimiters {
  if (!head.startsWith('MSH') || head.length < 5) throw malformed('it does not begin with an MSH segment', 'start');
  const field = head[3]!;
  const encoding = head
    .slice(4)
    .split(field, 1)[0]!
    .split(/[\r\n]/, 1)[0]!;
  const all = field + encoding.slice(0, 4);
  if (encoding.length < 1 || encoding.length > 5 || /[A-Za-z0-9\s\u0080-\uffff]/.test(all) || new Set(all).size !== all.length) {
    throw malformed('MSH-1 and MSH-2 do not define distinct delimiters', 'delimiters');
  }
  return { field, component: encoding[0]!, repetition: encoding[1] ?? '', escape: encoding[2] ?? '', subcomponent: encoding[3] ?? '' };
}

const PARTS = {
  segments: 'segments in the message',
  header: 'characters in its MSH segment',
  fields: 'fields in a segment',
  components: 'components in a repetition, or subcomponents in a component',
  escapes: 'escape and control characters in a component',
};

/** Returns HL7_TOO_MANY_PARTS (input). Such a message would take seconds to process, and no system sends one. */
export function tooMany(problem: keyof typeof PARTS, limit: number): AppError {
  return new AppError('HL7_TOO_MANY_PARTS', 'input', `There are more than ${limit} ${PARTS[problem]}.`, {
    values: { problem, limit },
    fix: 'Send it in several messages, or as a document by reference.',
  });
}

function nextLineEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) if (isLineEnd(text.charCodeAt(i))) return i;
  return text.length;
}

function isLineEnd(code: number): boolean {
  return code === 13 || code === 10;
}

function malformed(reason: string, problem: string): AppError {
  return new AppError('HL7_MALFORMED', 'input', `This is not an HL7 v2 message: ${reason}.`, {
    values: { problem },
    fix: 'Send a message that begins with MSH, its field separator and its encoding characters, for example MSH|^~\\&|.',
  });
}
