import type { ImapFlow } from 'imapflow';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { BlobRef, Message } from '../../engine/contract/values/message.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import type { MailRest } from '../shared/mail/parse-mail.ts';
import { createMailSplitter, type MailPiece } from './split-mail.ts';
import { mailTooLarge, type Look } from './take-mails.ts';
import { mailboxFailed } from './use-mailbox.ts';

/** The size of the parts in which a mail is fetched. */
export const FETCH_BYTES = 1024 * 1024;

const parser = createParser();

/**
 * Reads a mail, with its attachments as blobs. Only its texts and headers are held in memory. Rejects with
 * MAIL_TOO_LARGE, MAIL_TEXT_TOO_LARGE, MAIL_TOO_MANY_PARTS or MAIL_UNREADABLE (input).
 */
export async function readMail({ mailbox, ctx, signal }: Omit<Look, 'read'>, uid: string): Promise<Message | undefined> {
  const { maxBytes } = ctx.config;
  const { client } = mailbox;
  mailbox.expect(0);
  const about = await client.fetchOne(uid, { size: true }, { uid: true });
  if (!about) return undefined;
  if (about.size !== undefined && about.size > maxBytes) throw mailTooLarge(about.size, maxBytes);
  const source = fetchParts(client, uid, () => mailbox.expect(FETCH_BYTES), maxBytes);
  const { rest, stored } = await storeAttachments(source, ctx.blobs, maxBytes);
  const { charset } = ctx.adapter!;
  const mail = (await parser.parse({ kind: 'mail-rest', source: rest, charset }, { clock: ctx.clock, signal })) as MailRest;
  const attachments = [];
  for (const { content, ...about } of mail.attachments) {
    const mark = Buffer.from(content).toString('latin1').trimEnd();
    const ref = stored.get(mark) ?? (await ctx.blobs.put(once(content), { limitBytes: maxBytes }));
    stored.delete(mark);
    attachments.push({ ...about, sizeBytes: ref.sizeBytes, blobId: ref.blobId });
  }
  // The two readers of the mail disagree about its parts, so an attachment would get lost.
  if (stored.size > 0) throw unreadable();
  return createMessage({ ...mail, attachments });
}

async function* fetchParts(client: ImapFlow, uid: string, expect: () => void, maxBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; ; start += FETCH_BYTES) {
    expect();
    const part = await client.fetchOne(uid, { source: { start, maxLength: FETCH_BYTES } }, { uid: true });
    if (!part || part.source === undefined) {
      throw mailboxFailed(new Error('the mail is gone'));
    }
    // The actual size may differ from the size that the server reported.
    if (start + part.source.length > maxBytes) throw mailTooLarge(start + part.source.length, maxBytes);
    if (part.source.length > 0) yield part.source;
    if (part.source.length < FETCH_BYTES) return;
  }
}

async function storeAttachments(source: AsyncIterable<Uint8Array>, blobs: Blobs, limitBytes: number) {
  const rest: Uint8Array[] = [];
  const stored = new Map<string, BlobRef>();
  const pieces = piecesOf(source);
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    if ('rest' in next.value) rest.push(next.value.rest);
    if ('opens' in next.value) stored.set(next.value.opens, await blobs.put(contentOf(pieces), { limitBytes }));
  }
  return { rest: Buffer.concat(rest), stored };
}

async function* piecesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<MailPiece> {
  const splitter = createMailSplitter();
  for await (const chunk of source) yield* splitter.feed(chunk);
  yield* splitter.end();
}

async function* contentOf(pieces: AsyncGenerator<MailPiece>): AsyncGenerator<Uint8Array> {
  for (let next = await pieces.next(); next.done !== true && !('closes' in next.value); next = await pieces.next()) {
    if ('content' in next.value) yield next.value.content;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function unreadable(): AppError {
  return new AppError('MAIL_UNREADABLE', 'input', 'This mail cannot be read.', { fix: 'Ask the sender to send it again.' });
}
