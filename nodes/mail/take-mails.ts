import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import type { Emit, TriggerContext } from '../../engine/contract/node/node.ts';
import type { Mailbox } from './open-mailbox.ts';
import type { ReceiveConfig } from './receive-fields.ts';

/** What one check of the mailbox needs. */
export interface Look {
  readonly mailbox: Mailbox;
  readonly ctx: TriggerContext<ReceiveConfig>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Reads a mail; returns undefined if it no longer exists. Rejects with an AppError (input) to refuse the mail. */
  read(uid: string): Promise<Message | undefined>;
  /** Returns what identifies the mail within its folder; if absent or undefined, the number that the server gave it. */
  identify?(message: Message): string | undefined;
}

/**
 * Processes the mails, oldest first. By default a mail is identified by its UID and the folder's UIDVALIDITY, so a mail
 * that is delivered twice counts as two mails.
 */
export async function takeMails(look: Look): Promise<void> {
  const { ctx, signal } = look;
  const { client } = look.mailbox;
  const { uidValidity } = await client.mailboxOpen(ctx.config.folder);
  const uids = (await client.search({ all: true }, { uid: true })) || [];
  for (const uid of uids.map(String)) {
    if (signal.aborted) return;
    const goesTo = await take(look, uid, String(uidValidity));
    // If this mail cannot be stored now, the next one cannot be stored either.
    if (goesTo === undefined) return;
    look.mailbox.expect(0);
    await client.messageMove(uid, goesTo, { uid: true });
  }
}

/** Returns the folder that the mail is moved to; undefined if it stays. */
async function take(look: Look, uid: string, uidValidity: string): Promise<string | undefined> {
  const { config, log, adapter } = look.ctx;
  const refuse = (error: ErrorRecord) => {
    log.warn('mail.refused', { uid, code: error.code });
    look.ctx.reportRefusal(error);
    return config.failedFolder;
  };
  try {
    const message = await look.read(uid);
    // Another client moved the mail in the meantime.
    if (message === undefined) return config.doneFolder;
    const identity = look.identify?.(message) ?? `${uidValidity}/${uid}`;
    const result = await look.emit({ message, dedupeKey: `${adapter!.adapterId}/${config.folder}/${identity}` });
    if (result.status !== 'refused') return config.doneFolder;
    return result.error.kind === 'input' ? refuse(result.error) : undefined;
  } catch (error) {
    const record = toErrorRecord(error);
    if (record.kind === 'input') return refuse(record);
    throw error;
  }
}

export function mailTooLarge(sizeBytes: number, maxBytes: number): AppError {
  return new AppError('MAIL_TOO_LARGE', 'input', `The mail has ${sizeBytes} bytes; ${maxBytes} are allowed.`, {
    values: { sizeBytes, maxBytes },
    fix: 'Raise the limit in the trigger, or ask the sender to send it in parts.',
  });
}
