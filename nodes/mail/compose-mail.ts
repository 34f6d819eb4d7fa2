/** Turns the values of a message into the parts of a mail: addresses, texts and attachments. */
import { Readable } from 'node:stream';
import type { MailComposerAttachment } from 'nodemailer/lib/mail-composer';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import { namedBlob } from '../shared/named-blob.ts';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

const MAX_RECIPIENTS = 500;
const MAX_ATTACHMENTS = 500;
const MAX_LINE = 2000;
/** RFC 5321, 4.5.3.1.3. */
const MAX_ADDRESS = 254;

/**
 * Reads addresses: text such as `a@b.cn, 张三 <c@d.cn>`, an object `{name, address}`, or a list of these. Throws
 * MAIL_ADDRESS (input).
 */
export function readAddresses(value: unknown, field: string): readonly MailAddress[] {
  if (value === undefined || value === null || value === '') return [];
  const addresses = (Array.isArray(value) ? (value as readonly unknown[]) : [value]).flatMap((one) => addressesOf(one, field));
  if (addresses.length > MAX_RECIPIENTS) throw wrongAddress(field, 'too-many');
  return addresses;
}

function addressesOf(value: unknown, field: string): readonly MailAddress[] {
  if (typeof value === 'string') {
    const texts = value.split(/[,;，；]/).map((text) => text.trim());
    return texts.filter((text) => text !== '').map((text) => parseAddress(text, field));
  }
  if (!isRecord(value) || typeof value['address'] !== 'string') throw wrongAddress(field, 'form');
  return [checked(String(value['name'] ?? ''), value['address'].trim(), field)];
}

function parseAddress(text: string, field: string): MailAddress {
  const open = text.lastIndexOf('<');
  if (open === -1 || !text.endsWith('>')) return checked('', text, field);
  return checked(text.slice(0, open).trim().replaceAll('"', ''), text.slice(open + 1, -1).trim(), field);
}

/** The address goes into commands of the protocol, so it has no blanks, no control characters and no delimiters. */
function checked(name: string, address: string, field: string): MailAddress {
  const at = address.lastIndexOf('@');
  const isAddress = at > 0 && at < address.length - 1 && address.length <= MAX_ADDRESS && !/[\s\p{Cc}<>,;:"\\()[\]]/u.test(address);
  if (!isAddress || address.indexOf('@') !== at) throw wrongAddress(field, 'form');
  return { name: oneLine(name), address };
}

function wrongAddress(field: string, problem: 'form' | 'too-many'): AppError {
  return new AppError(
    'MAIL_ADDRESS',
    'input',
    problem === 'form' ? `“${field}” has a value that is no mail address.` : `“${field}” has more than ${MAX_RECIPIENTS} addresses.`,
    { values: { field, problem, limit: MAX_RECIPIENTS }, fix: 'Correct the field, or what it takes from the message.' },
  );
}

/** A header has one line: a line break in a value must not begin another header. */
export function oneLine(text: string): string {
  return text
    .slice(0, MAX_LINE)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Returns a value as the text of a mail. Objects and lists are not text, and are refused with MAIL_TEXT (input). */
export function readText(value: unknown, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new AppError('MAIL_TEXT', 'input', `“${field}” is neither text nor a number.`, {
    values: { field },
    fix: 'Make a text of it before, for example by an expression.',
  });
}

/**
 * Reads attachments as `mail.receive` emits them: `{name, mediaType, blobId}`, or with `content` (Base64) or `text` instead
 * of `blobId`. `onFail` gets the error of a blob, which the mail library would replace. Throws MAIL_ATTACHMENT (input).
 */
export function readAttachments(value: unknown, blobs: Blobs, onFail: (error: unknown) => void): MailComposerAttachment[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (list.length > MAX_ATTACHMENTS) throw wrongAttachment(MAX_ATTACHMENTS + 1, 'too-many');
  return list.map((one, index) => {
    if (!isRecord(one)) throw wrongAttachment(index + 1, 'form');
    const { name, mediaType } = one;
    const filename = oneLine(typeof name === 'string' ? name : '') || `attachment-${index + 1}`;
    const contentType = typeof mediaType === 'string' && MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream';
    return { filename, contentType, contentTransferEncoding: 'base64', content: contentOf(one, index, blobs, onFail) };
  });
}

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,100}$/i;

function contentOf(
  { blobId, content, text }: Readonly<Record<string, unknown>>,
  index: number,
  blobs: Blobs,
  onFail: (error: unknown) => void,
): Readable | Buffer {
  if (typeof blobId === 'string') return Readable.from(reported(namedBlob(blobs, blobId, `attachments/${index + 1}`), onFail));
  if (typeof text === 'string') return Buffer.from(text);
  if (content instanceof Uint8Array) return Buffer.from(content);
  if (typeof content === 'string' && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content)) return Buffer.from(content, 'base64');
  throw wrongAttachment(index + 1, 'content');
}

async function* reported(source: AsyncIterable<Uint8Array>, onFail: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    onFail(error);
    // Another error, because the mail library changes the code of errors of its streams.
    throw new Error('the attachment cannot be read', { cause: error });
  }
}

function wrongAttachment(number: number, problem: 'form' | 'content' | 'too-many'): AppError {
  const what = { form: 'is no object', content: 'has neither blobId, Base64 content nor text', 'too-many': 'is one too many' };
  return new AppError('MAIL_ATTACHMENT', 'input', `Attachment ${number} ${what[problem]}.`, {
    values: { number, problem, limit: MAX_ATTACHMENTS },
    fix: 'Give a list of {name, mediaType, blobId}, as “Receive mail” emits it.',
  });
}
