/** A mail as it came over the wire (RFC 5322, MIME) -> plain data. */
import type { Address } from 'postal-mime';
import { AppError } from '../../../engine/contract/values/errors.ts';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

export interface MailData {
  readonly messageId: string;
  /** ISO 8601; empty where the mail says none. */
  readonly date: string;
  readonly from: readonly MailAddress[];
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Base64. */
  readonly content: string;
}

/** Lines that may begin a part. Plain text has such lines too: tables, signatures. */
const MOST_BOUNDARIES = 10_000;
/** Mails within mails, each of which is read again. */
const MOST_MAILS = 50;
const MOST_ATTACHMENTS = 500;
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 } as const;

/** Charsets and encoded words as the mail names them. MAIL_UNREADABLE, MAIL_TOO_MANY_PARTS (input). */
export async function parseMail(source: Uint8Array): Promise<MailData> {
  refuseMany(source);
  // Few installations receive mail: the others do not load it.
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(source, { ...LIMITS, attachmentEncoding: 'arraybuffer' }).catch((cause: unknown) => {
    throw new AppError('MAIL_UNREADABLE', 'input', 'This is no mail that can be read.', { fix: 'Ask the sender to send it anew.', cause });
  });
  if (mail.attachments.length > MOST_ATTACHMENTS) throw tooManyParts(mail.attachments.length, MOST_ATTACHMENTS);
  return {
    messageId: mail.messageId ?? '',
    date: mail.date ?? '',
    from: addressesOf(mail.from === undefined ? [] : [mail.from]),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    attachments: mail.attachments.map(({ filename, mimeType, content }) => {
      const bytes = Buffer.from(content as ArrayBuffer);
      return { name: filename ?? '', mediaType: mimeType, sizeBytes: bytes.length, content: bytes.toString('base64') };
    }),
  };
}

/** Before anything is read: the time for parts and nested mails grows faster than their number. */
function refuseMany(source: Uint8Array): void {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const boundaries = countOf(bytes, '\n--', MOST_BOUNDARIES);
  if (boundaries > MOST_BOUNDARIES) throw tooManyParts(boundaries, MOST_BOUNDARIES);
  const mails = countOf(bytes, 'message/rfc822', MOST_MAILS) + countOf(bytes, 'message/global', MOST_MAILS);
  if (mails > MOST_MAILS) throw tooManyParts(mails, MOST_MAILS);
}

/** How often it is there; one more than `most` at most. */
function countOf(bytes: Buffer, mark: string, most: number): number {
  let count = 0;
  for (let at = bytes.indexOf(mark); at !== -1 && count <= most; at = bytes.indexOf(mark, at + mark.length)) count++;
  return count;
}

function tooManyParts(found: number, limit: number): AppError {
  return new AppError('MAIL_TOO_MANY_PARTS', 'input', `The mail has more parts than are read: at least ${found}, at most ${limit}.`, {
    values: { found, limit },
    fix: 'Have it sent in several mails, or the attachments in one archive.',
  });
}

/** Groups are taken apart. */
function addressesOf(addresses: readonly Address[] = []): readonly MailAddress[] {
  return addresses.flatMap(({ name, address, group }) => (group === undefined ? [{ name, address: address ?? '' }] : addressesOf(group)));
}
