/** Takes the attachments out of a mail (RFC 5322, MIME) while it streams in, so that it is never held as a whole. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import { base64Decoder, sameBytes, type ContentDecoder } from './content-decoder.ts';
import { readPartHeaders, type PartHeaders } from './part-headers.ts';

/** Maximum bytes of headers and texts, which are parsed in memory. */
const MAX_REST_BYTES = 16 * 1024 * 1024;
const MAX_HEADER_BYTES = 256 * 1024;
const MAX_BOUNDARIES = 10_000;
const MAX_ATTACHMENTS = 500;
/** A line that is longer and starts with `--` is content. RFC 2046, 5.1.1: boundaries have up to 70 characters. */
const MAX_BOUNDARY_LINE = 1000;

const NEW_LINE = 10;
const RETURN = 13;
const HYPHEN = 45;
const LINE_START = Buffer.from('\n--');

export type MailPiece =
  /** Part of the mail without the content of its attachments. In place of a content stands its mark. */
  { readonly rest: Uint8Array } | { readonly opens: string } | { readonly content: Uint8Array } | { readonly closes: string };

/**
 * - `headers`: in the header of the mail or of a part.
 * - `text`: in a body that stays in the rest.
 * - `attachment`: in a body that comes out as content.
 */
type State = 'headers' | 'text' | 'attachment';

export interface MailSplitter {
  /** Returns the pieces that are complete so far. Throws MAIL_TOO_MANY_PARTS or MAIL_TEXT_TOO_LARGE (input). */
  feed(chunk: Uint8Array): readonly MailPiece[];
  end(): readonly MailPiece[];
}

/**
 * A part comes out as an attachment if it is no text, or says that it is an attachment, and if it has no encoding or
 * Base64. All else stays in the rest: what is not understood here is left to the parser of the rest.
 */
export function createMailSplitter(): MailSplitter {
  const token = randomUUID();
  const boundaries = new Set<string>();
  let state: State = 'headers';
  let kept: Buffer = Buffer.alloc(0);
  let headers: string[] = [];
  let decoder: ContentDecoder = sameBytes;
  let mark = '';
  let isLineStart = true;
  const found = { headerBytes: 0, restBytes: 0, boundaries: 0, attachments: 0 };
  /** The line break before a boundary belongs to the boundary, so it waits here until the next line is known. */
  let lineBreak: Buffer = Buffer.alloc(0);
  let pieces: MailPiece[] = [];

  function keepRest(bytes: Buffer): void {
    if (bytes.length === 0) return;
    found.restBytes += bytes.length;
    if (found.restBytes > MAX_REST_BYTES) throw textTooLarge();
    // A copy, so that the few bytes do not keep the whole chunk in memory.
    pieces.push({ rest: Buffer.from(bytes) });
  }

  function addContent(content: Buffer): void {
    if (content.length > 0) pieces.push({ content });
  }

  function endAttachment(): void {
    addContent(decoder.end());
    pieces.push({ closes: mark });
    keepRest(lineBreak.length === 0 ? Buffer.from('\r\n') : lineBreak);
  }

  function onHeader(line: Buffer): void {
    keepRest(line);
    found.headerBytes += line.length;
    if (found.headerBytes > MAX_HEADER_BYTES) throw tooMany('headers', found.headerBytes, MAX_HEADER_BYTES);
    const text = line.toString('latin1').replace(/\r?\n$/, '');
    if (text !== '') headers.push(text);
    else startBody(readPartHeaders(headers));
  }

  function startBody(part: PartHeaders): void {
    headers = [];
    lineBreak = Buffer.alloc(0);
    if (part.boundary !== undefined) boundaries.add(part.boundary);
    if (part.isText || part.isMultipart || part.encoding === 'other') {
      state = 'text';
      return;
    }
    found.attachments += 1;
    if (found.attachments > MAX_ATTACHMENTS) throw tooMany('attachments', found.attachments, MAX_ATTACHMENTS);
    state = 'attachment';
    decoder = part.encoding === 'base64' ? base64Decoder() : sameBytes;
    mark = `${token}-${found.attachments}`;
    keepRest(Buffer.from(part.encoding === 'base64' ? Buffer.from(mark).toString('base64') : mark));
    pieces.push({ opens: mark });
  }

  /** Returns whether the line is a boundary; if so, handles it. */
  function takeBoundary(line: Buffer): boolean {
    if (boundaries.size === 0 || line.length < 3 || line[0] !== HYPHEN || line[1] !== HYPHEN) return false;
    const name = line.toString('latin1', 2).replace(/[ \t\r\n]+$/, '');
    const isEnd = !boundaries.has(name);
    if (isEnd && !(name.endsWith('--') && boundaries.has(name.slice(0, -2)))) return false;
    found.boundaries += 1;
    if (found.boundaries > MAX_BOUNDARIES) throw tooMany('parts', found.boundaries, MAX_BOUNDARIES);
    if (state === 'attachment') endAttachment();
    keepRest(line);
    headers = [];
    state = isEnd ? 'text' : 'headers';
    return true;
  }

  /** Takes body bytes up to the next line that may be a boundary, and returns where the next ones start. */
  function takeBody(bytes: Buffer, from: number, isLast: boolean): number {
    const next = bytes.indexOf(LINE_START, from);
    const to = next === -1 ? (isLast ? bytes.length : beforeLineBreak(bytes, from)) : next + 1;
    if (state === 'text') {
      keepRest(bytes.subarray(from, to));
      return to;
    }
    if (lineBreak.length > 0) addContent(decoder.update(lineBreak));
    let end = to;
    if (end > from && bytes[end - 1] === NEW_LINE) end -= bytes[end - 2] === RETURN && end - 2 >= from ? 2 : 1;
    lineBreak = Buffer.from(bytes.subarray(end, to));
    if (end > from) addContent(decoder.update(bytes.subarray(from, end)));
    return to;
  }

  function take(bytes: Buffer, isLast: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      const lineEnd = bytes.indexOf(NEW_LINE, at) + 1;
      if (state === 'headers') {
        if (lineEnd === 0 && !isLast) {
          if (bytes.length - at > MAX_HEADER_BYTES) throw tooMany('headers', bytes.length - at, MAX_HEADER_BYTES);
          return at;
        }
        const line = bytes.subarray(at, lineEnd === 0 ? bytes.length : lineEnd);
        if (!takeBoundary(line)) onHeader(line);
        at += line.length;
        isLineStart = true;
        continue;
      }
      if (isLineStart && bytes[at] === HYPHEN) {
        if (lineEnd === 0 && !isLast && bytes.length - at < MAX_BOUNDARY_LINE) return at;
        const line = bytes.subarray(at, lineEnd === 0 ? bytes.length : lineEnd);
        if (line.length <= MAX_BOUNDARY_LINE && takeBoundary(line)) {
          at += line.length;
          continue;
        }
      }
      const next = takeBody(bytes, at, isLast);
      if (next === at) return at;
      isLineStart = bytes[next - 1] === NEW_LINE;
      at = next;
    }
    return at;
  }

  function run(chunk: Uint8Array, isLast: boolean): readonly MailPiece[] {
    pieces = [];
    const bytes = Buffer.concat([kept, chunk]);
    kept = bytes.subarray(take(bytes, isLast));
    return pieces;
  }

  return {
    feed: (chunk) => run(chunk, false),
    end() {
      run(Buffer.alloc(0), true);
      if (state === 'attachment') {
        addContent(decoder.update(lineBreak));
        lineBreak = Buffer.alloc(0);
        endAttachment();
      }
      return pieces;
    },
  };
}

/** Returns where a line break at the end begins that the start of a boundary may follow; otherwise the end. */
function beforeLineBreak(bytes: Buffer, from: number): number {
  let at = bytes.length;
  if (bytes[at - 1] === HYPHEN && bytes[at - 2] === NEW_LINE) at -= 1;
  if (bytes[at - 1] === NEW_LINE) at -= 1;
  if (bytes[at - 1] === RETURN) at -= 1;
  return Math.max(from, at);
}

function tooMany(problem: 'headers' | 'attachments' | 'parts', found: number, limit: number): AppError {
  return new AppError('MAIL_TOO_MANY_PARTS', 'input', `The mail has too many ${problem}: at least ${found}, at most ${limit}.`, {
    values: { found, limit },
    fix: 'Ask the sender to use several mails, or to put the attachments into one archive.',
  });
}

function textTooLarge(): AppError {
  const limit = MAX_REST_BYTES / 1024 / 1024;
  return new AppError('MAIL_TEXT_TOO_LARGE', 'input', `The texts of the mail have more than ${limit} MB.`, {
    values: { limit },
    fix: 'Ask the sender to attach long texts as files.',
  });
}
