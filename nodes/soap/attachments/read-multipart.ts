/** Reads multipart/related answers (RFC 2387, RFC 2046 section 5.1). */
import { attachmentError } from './attachment-error.ts';

export interface MimePart {
  /** Without angle brackets; `''` if there is none. */
  readonly id: string;
  readonly contentType: string;
  readonly name: string | undefined;
  readonly bytes: Buffer;
}

const MOST_PARTS = 1000;
const MOST_HEADER_BYTES = 16_384;

/** Returns the part with the envelope and the others. Throws SOAP_ATTACHMENT (input). */
export function readMultipart(body: Buffer, contentType: string): { readonly root: MimePart; readonly parts: readonly MimePart[] } {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined) throw attachmentError('form');
  const parts = split(body, Buffer.from(`--${boundary}`)).map(readPart);
  const start = idOf(parameterOf(contentType, 'start') ?? '');
  const root = parts.find(({ id }) => start !== '' && id === start) ?? parts[0];
  if (root === undefined) throw attachmentError('form');
  return { root, parts: parts.filter((part) => part !== root) };
}

/** Returns what lies between the delimiters; the last one has `--` behind it. */
function split(body: Buffer, delimiter: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let begin: number | undefined;
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    if (at > 0 && body[at - 1] !== 0x0a) continue;
    if (begin !== undefined) found.push(body.subarray(begin, body[at - 2] === 0x0d ? at - 2 : at - 1));
    if (found.length > MOST_PARTS) throw attachmentError('form');
    const end = at + delimiter.length;
    if (body[end] === 0x2d && body[end + 1] === 0x2d) return found;
    const line = body.indexOf('\n', end);
    if (line === -1) break;
    begin = line + 1;
  }
  // Without its last delimiter the answer was cut off.
  throw attachmentError('form');
}

function readPart(bytes: Buffer): MimePart {
  const head = bytes.subarray(0, MOST_HEADER_BYTES).toString('latin1');
  const [blank] = /^\r?\n|\r?\n\r?\n/.exec(head) ?? [];
  if (blank === undefined) throw attachmentError('form');
  const end = head.indexOf(blank) + blank.length;
  const headers = new Map(
    head
      .slice(0, end)
      .replace(/\r?\n[ \t]+/g, ' ')
      .split(/\r?\n/)
      .flatMap((line) => {
        const colon = line.indexOf(':');
        return colon === -1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
      }),
  );
  const contentType = headers.get('content-type') ?? '';
  const name = parameterOf(headers.get('content-disposition') ?? '', 'filename') ?? parameterOf(contentType, 'name');
  const content = decode(bytes.subarray(end), (headers.get('content-transfer-encoding') ?? 'binary').toLowerCase());
  return {
    id: idOf(headers.get('content-id') ?? ''),
    contentType,
    name: name && Buffer.from(name, 'latin1').toString('utf8'),
    bytes: content,
  };
}

function decode(bytes: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(bytes.toString('latin1'), 'base64');
  if (['binary', '8bit', '7bit'].includes(encoding)) return bytes;
  throw attachmentError('encoding');
}

function parameterOf(header: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{1,300})"|([^\\s;"]{1,300}))`, 'i').exec(header) ?? [];
  return quoted ?? plain;
}

function idOf(header: string): string {
  return header.trim().replace(/^<|>$/g, '');
}
