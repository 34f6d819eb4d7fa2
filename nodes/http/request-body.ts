/** Writes the body of a request: JSON, text, bytes, a form, or files that are read from the blob store while they are sent. */
import { randomUUID } from 'node:crypto';
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { BlobRef, Message } from '../../engine/contract/values/message.ts';
import { canonicalCharset, encodeText } from '../shared/charset/text-charset.ts';
import type { StreamedBody } from '../shared/http/exchange.ts';
import { isJsonType } from '../shared/http/media-type.ts';
import type { Config } from './config.ts';
import { namedBlob } from '../shared/named-blob.ts';

export const NO_BODY = Symbol('no body');

export interface RequestBody {
  readonly content: Uint8Array | StreamedBody;
  readonly contentType: string;
  /** True if no header of the flow may replace the content type: it holds the boundary. */
  readonly isTypeFixed?: true;
}

type BodyContext = Pick<NodeContext<unknown>, 'adapter' | 'blobs' | 'signal'>;

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,100}$/i;
const MOST_PARTS = 1000;

/** Returns undefined if nothing is sent. Throws HTTP_BODY_WRONG (input) if the data does not fit the format, and CHARSET_UNENCODABLE (input). */
export function encodeBody(as: Config['bodyAs'], data: unknown, message: Message, ctx: BodyContext): RequestBody | undefined {
  if (data === NO_BODY || data === undefined) return undefined;
  if (as === 'form') return encodeForm(data, charsetOf(ctx));
  if (as === 'multipart') return encodeMultipart(data, ctx);
  if (as === 'blob') {
    const file = blobOf(data);
    if (file === undefined) throw wrong('blob');
    return { content: streamOf([file], ctx), contentType: mediaTypeOf(data as Record<string, unknown>) };
  }
  if (data instanceof Uint8Array) return { content: data, contentType: message.mediaType };
  if (typeof data === 'string' && !isJsonType(message.mediaType)) {
    const charset = message.charset ?? ctx.adapter?.charset ?? 'UTF-8';
    return { content: encodeText(data, charset), contentType: `${message.mediaType}; charset=${charset}` };
  }
  return { content: Buffer.from(JSON.stringify(data)), contentType: 'application/json' };
}

/** The IANA name of the charset for what is in none yet. */
function charsetOf({ adapter }: BodyContext): string {
  return canonicalCharset(adapter?.charset ?? 'UTF-8');
}

/** Forms in UTF-8 have no `charset`: their media type does not define it, but systems with another charset read it. */
function encodeForm(data: unknown, charset: string): RequestBody {
  const encode = (text: string) =>
    encodeText(text, charset)
      .toString('latin1')
      .replace(/[^\w*.-]/g, (char) => (char === ' ' ? '+' : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`));
  const pairs = fieldsOf(data).map(([name, value]) => {
    const text = textOf(value);
    if (text === undefined) throw wrong('field', name);
    return `${encode(name)}=${encode(text)}`;
  });
  const parameter = charset === 'UTF-8' ? '' : `; charset=${charset}`;
  return { content: Buffer.from(pairs.join('&')), contentType: `application/x-www-form-urlencoded${parameter}` };
}

/** RFC 7578, with the escapes of names that browsers use. */
function encodeMultipart(data: unknown, ctx: BodyContext): RequestBody {
  const boundary = `kq-${randomUUID()}`;
  const charset = charsetOf(ctx);
  const fields = fieldsOf(data);
  if (fields.length > MOST_PARTS) throw wrong('many');
  const pieces: Piece[] = fields.flatMap(([name, value]) => {
    const part = partOf(name, value, charset);
    const file = part.fileName === undefined ? '' : `; filename="${escapeName(part.fileName)}"`;
    const type = part.mediaType === undefined ? '' : `Content-Type: ${part.mediaType}\r\n`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"${file}\r\n${type}\r\n`;
    return [encodeText(head, charset), part.content, Buffer.from('\r\n')];
  });
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { content: streamOf(pieces, ctx), contentType: `multipart/form-data; boundary=${boundary}`, isTypeFixed: true };
}

interface Part {
  readonly content: Piece;
  readonly fileName?: string;
  readonly mediaType?: string;
}

function partOf(name: string, value: unknown, charset: string): Part {
  const text = textOf(value);
  if (text !== undefined)
    return { content: encodeText(text, charset), ...(charset === 'UTF-8' ? {} : { mediaType: `text/plain; charset=${charset}` }) };
  if (value instanceof Uint8Array) return { content: value, fileName: name, mediaType: 'application/octet-stream' };
  if (!isRecord(value)) throw wrong('file', name);
  const blob = blobOf(value);
  const { name: given, content } = value;
  const fileName = typeof given === 'string' && given !== '' ? given : name;
  if (blob !== undefined) return { content: blob, fileName, mediaType: mediaTypeOf(value) };
  if (typeof content !== 'string') throw wrong('file', name);
  const mediaType = mediaTypeOf(value, '');
  // A media type that the flow gives is sent as it is, so its text stays in UTF-8.
  if (mediaType !== '') return { content: encodeText(content, 'UTF-8'), fileName, mediaType };
  return { content: encodeText(content, charset), fileName, mediaType: `text/plain; charset=${charset}` };
}

/** Returns name and value of each field; a list is a field that is repeated, and a field without a value is left out. */
function fieldsOf(data: unknown): [name: string, value: unknown][] {
  if (!isRecord(data) || data instanceof Uint8Array) throw wrong('form');
  return Object.entries(data).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((one) => one !== null && one !== undefined)
      .map((one): [string, unknown] => [name, one]),
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function blobOf(value: unknown): BlobRef | undefined {
  if (!isRecord(value)) return undefined;
  const { blobId, sizeBytes } = value;
  return typeof blobId === 'string' && Number.isSafeInteger(sizeBytes) && (sizeBytes as number) >= 0
    ? { blobId, sizeBytes: sizeBytes as number }
    : undefined;
}

function mediaTypeOf({ mediaType }: Readonly<Record<string, unknown>>, usual = 'application/octet-stream'): string {
  return typeof mediaType === 'string' && MEDIA_TYPE.test(mediaType) ? mediaType : usual;
}

function escapeName(name: string): string {
  return name.replace(/["\r\n]/g, (char) => encodeURIComponent(char));
}

type Piece = Uint8Array | BlobRef;

function streamOf(pieces: readonly Piece[], { blobs, signal }: BodyContext): StreamedBody {
  async function* open() {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) yield piece;
      else yield* exactly(piece);
    }
  }
  /** The length is announced before the content is read, so a reference with a wrong size must not go on. */
  async function* exactly({ blobId, sizeBytes }: BlobRef) {
    let left = sizeBytes;
    for await (const chunk of namedBlob(blobs, blobId, 'body')) {
      signal.throwIfAborted();
      left -= chunk.byteLength;
      if (left < 0) break;
      yield chunk;
    }
    if (left !== 0) throw wrong('size');
  }
  const sizeBytes = pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.byteLength : piece.sizeBytes), 0);
  return { sizeBytes, open };
}

const MESSAGES = {
  form: 'The body is to be a form, but the data is no object.',
  field: 'The field "{field}" of the form is neither a text, a number nor a list of them.',
  file: 'The field "{field}" of the form is neither a text, a number nor a file.',
  many: `The form has more than ${MOST_PARTS} fields.`,
  blob: 'The body is to be a file, but the data is no blob reference.',
  size: 'A blob reference in the body names another size than the blob has.',
} as const;

function wrong(problem: keyof typeof MESSAGES, field = ''): AppError {
  return new AppError('HTTP_BODY_WRONG', 'input', MESSAGES[problem].replace('{field}', field), {
    values: { problem, ...(field === '' ? {} : { field }) },
    fix: 'Correct the data before the call, or the source of the body.',
  });
}
