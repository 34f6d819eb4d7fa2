/** Converts a received mail (RFC 5322, MIME) to plain data. */
import type { Address } from 'postal-mime';
import { AppError } from '../../../engine/contract/values/errors.ts';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

export interface MailData {
  readonly messageId: string;
  /** ISO 8601; empty when the mail has no date. */
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

/** Lines that may start a part. Plain text has such lines too: tables, signatures. */
const MOST_BOUNDARIES = 10_000;
/** Nested mails, each of which is parsed again. */
const MOST_MAILS = 50;
const MOST_ATTACHMENTS = 500;
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 } as const;

/** Uses the charsets and encoded words that the mail names. MAIL_UNREADABLE, MAIL_TOO_MANY_PARTS (input). */
export async function parseMail(source: Uint8Array): Promise<MailData> {
  refuseMany(source);
  // Few installations receive mail, so load it only here.
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

/** Checked before parsing: its time grows faster than the number of parts and nested mails. */
function refuseMany(source: Uint8Array): void {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const boundaries = countOf(bytes, '\n--', MOST_BOUNDARIES);
  if (boundaries > MOST_BOUNDARIES) throw tooManyParts(boundaries, MOST_BOUNDARIES);
  const mails = countOf(bytes, 'message/rfc822', MOST_MAILS) + countOf(bytes, 'message/global', MOST_MAILS);
  if (mails > MOST_MAILS) throw tooManyParts(mails, MOST_MAILS);
}

/** Counts occurrences, up to one more than `most`. */
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

/** Flattens address groups. */
function addressesOf(addresses: readonly Address[] = []): readonly MailAddress[] {
  return addresses.flatMap(({ name, address, group }) => (group === undefined ? [{ name, address: address ?? '' }] : addressesOf(group)));
}
