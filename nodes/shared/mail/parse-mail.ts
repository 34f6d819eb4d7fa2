/** A mail as it came over the wire (RFC 5322, MIME) -> plain data. */
import type { Address } from 'postal-mime';
import { AppError } from '../../../engine/contract/errors.ts';

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

const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 } as const;

/** Charsets and encoded words as the mail names them. MAIL_UNREADABLE (input). */
export async function parseMail(source: Uint8Array): Promise<MailData> {
  // Few installations receive mail: the others do not load it.
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(source, { ...LIMITS, attachmentEncoding: 'arraybuffer' }).catch((cause: unknown) => {
    throw new AppError('MAIL_UNREADABLE', 'input', 'This is no mail that can be read.', { fix: 'Ask the sender to send it anew.', cause });
  });
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

/** Groups are taken apart. */
function addressesOf(addresses: readonly Address[] = []): readonly MailAddress[] {
  return addresses.flatMap(({ name, address, group }) => (group === undefined ? [{ name, address: address ?? '' }] : addressesOf(group)));
}
