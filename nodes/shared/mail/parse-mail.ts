/** Converts a received mail (RFC 5322, MIME) to plain data. */
import type { Address, Email, PostalMimeOptions } from 'postal-mime';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { readUndeclaredAs } from './mail-charset.ts';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

interface MailTexts {
  readonly messageId: string;
  /** ISO 8601; empty when the mail has no date. */
  readonly date: string;
  readonly from: readonly MailAddress[];
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface MailData extends MailTexts {
  readonly attachments: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Base64 text. */
  readonly content: string;
}

/** A mail whose attachments were taken out before, except for those that are encoded in another way than Base64. */
export interface MailRest extends MailTexts {
  readonly attachments: readonly (MailResource & { readonly content: Uint8Array })[];
}

export interface MailResource {
  readonly name: string;
  readonly mediaType: string;
  /** What the HTML text names it by, as `cid:…`; empty if it has none. */
  readonly contentId: string;
  /** True if it belongs into the text, such as a picture. */
  readonly isInline: boolean;
}

/** Maximum number of lines that may start a part. Plain text such as tables and signatures has such lines too. */
const MOST_BOUNDARIES = 10_000;
/** Maximum number of nested mails. Each of them is parsed again. */
const MOST_MAILS = 50;
const MOST_ATTACHMENTS = 500;
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 } as const;

/**
 * Parses a mail with the charsets and encoded words that it names; `charset` is for what names none (see
 * `readUndeclaredAs`). Rejects with MAIL_UNREADABLE, MAIL_CHARSET or MAIL_TOO_MANY_PARTS (input).
 */
export async function parseMail(source: Uint8Array, charset = 'UTF-8'): Promise<MailData> {
  const mail = await readMime(source, charset, {});
  return {
    ...textsOf(mail),
    attachments: mail.attachments.map(({ filename, mimeType, content }) => {
      const bytes = Buffer.from(content as ArrayBuffer);
      return { name: filename ?? '', mediaType: mimeType, sizeBytes: bytes.length, content: bytes.toString('base64') };
    }),
  };
}

/** As `parseMail`, but a mail inside of the mail is an attachment, and contents are bytes. */
export async function parseMailRest(source: Uint8Array, charset = 'UTF-8'): Promise<MailRest> {
  const mail = await readMime(source, charset, { forceRfc822Attachments: true });
  return {
    ...textsOf(mail),
    attachments: mail.attachments.map(({ filename, mimeType, contentId = '', disposition, related, content }) => ({
      name: filename ?? '',
      mediaType: mimeType,
      contentId: contentId.replace(/^<(.*)>$/, '$1'),
      isInline: disposition === 'inline' || related === true,
      content: new Uint8Array(content as ArrayBuffer),
    })),
  };
}

async function readMime(source: Uint8Array, charset: string, options: PostalMimeOptions): Promise<Email> {
  refuseMany(source);
  // Load the library only here, since few installations receive mail.
  const { default: PostalMime } = await import('postal-mime');
  const parser = readUndeclaredAs(charset, new PostalMime({ ...LIMITS, ...options, attachmentEncoding: 'arraybuffer' }));
  const mail = await parser.parse(source).catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause;
    throw new AppError('MAIL_UNREADABLE', 'input', 'This mail cannot be read.', { fix: 'Ask the sender to send it again.', cause });
  });
  if (mail.attachments.length > MOST_ATTACHMENTS) throw tooManyParts(mail.attachments.length, MOST_ATTACHMENTS);
  return mail;
}

function textsOf(mail: Email): MailTexts {
  return {
    messageId: mail.messageId ?? '',
    date: mail.date ?? '',
    from: addressesOf(mail.from === undefined ? [] : [mail.from]),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
  };
}

/**
 * Refuses a mail with too many parts before it is parsed, since the parsing time grows faster than the number of
 * parts and nested mails.
 */
function refuseMany(source: Uint8Array): void {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const boundaries = countOf(bytes, '\n--', MOST_BOUNDARIES);
  if (boundaries > MOST_BOUNDARIES) throw tooManyParts(boundaries, MOST_BOUNDARIES);
  const mails = countOf(bytes, 'message/rfc822', MOST_MAILS) + countOf(bytes, 'message/global', MOST_MAILS);
  if (mails > MOST_MAILS) throw tooManyParts(mails, MOST_MAILS);
}

/** Counts how often `mark` occurs in the bytes, but stops at one more than `most`. */
function countOf(bytes: Buffer, mark: string, most: number): number {
  let count = 0;
  for (let at = bytes.indexOf(mark); at !== -1 && count <= most; at = bytes.indexOf(mark, at + mark.length)) count++;
  return count;
}

function tooManyParts(found: number, limit: number): AppError {
  return new AppError('MAIL_TOO_MANY_PARTS', 'input', `The mail has too many parts: at least ${found}, at most ${limit}.`, {
    values: { found, limit },
    fix: 'Ask the sender to use several mails, or to put the attachments into one archive.',
  });
}

/** Returns all addresses, including those inside groups. */
function addressesOf(addresses: readonly Address[] = []): readonly MailAddress[] {
  return addresses.flatMap(({ name, address, group }) => (group === undefined ? [{ name, address: address ?? '' }] : addressesOf(group)));
}
