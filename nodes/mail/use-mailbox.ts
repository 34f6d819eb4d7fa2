import type { ImapFlow } from 'imapflow';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { TriggerContext } from '../../engine/contract/node/node.ts';
import { atPeer, peerOf } from '../shared/at-peer.ts';
import { readSettings } from '../shared/read-settings.ts';
import { openMailbox, type Mailbox } from './open-mailbox.ts';
import type { ReceiveConfig } from './receive-fields.ts';
import { MailSettings } from './settings.ts';

/**
 * Opens the mailbox for `work` and closes it afterwards. Rejects with the errors of `openMailbox`, with MAIL_FLOOD or
 * MAIL_FAILED (transient).
 */
export async function useMailbox<T>(
  { adapter, outbound, secret }: Pick<TriggerContext<unknown>, 'adapter' | 'outbound' | 'secret'>,
  work: (mailbox: Mailbox) => Promise<T>,
  mailBytes?: number,
): Promise<T> {
  const mailbox = await openMailbox(adapter!, await secret(), outbound, mailBytes);
  const { client } = mailbox;
  try {
    const result = await work(mailbox);
    await client.logout();
    return result;
  } catch (error) {
    const failed = mailbox.flood(error) ?? (error instanceof AppError ? error : mailboxFailed(error));
    const { imap } = readSettings(adapter!, MailSettings);
    throw atPeer(failed, peerOf('MAIL', imap!));
  } finally {
    client.close();
  }
}

/** Creates the folders that mails are moved to. Rejects with MAIL_FOLDER_MISSING (input) without the one to read from. */
export async function makeFolders(client: ImapFlow, { folder: inbox, doneFolder, failedFolder }: ReceiveConfig): Promise<void> {
  const there = new Set((await client.list()).map(({ path }) => path));
  if (!there.has(inbox)) {
    throw new AppError('MAIL_FOLDER_MISSING', 'input', `The mailbox has no folder ${inbox}.`, {
      values: { folder: inbox },
      fix: 'Correct its name in the trigger, or create the folder in the mailbox.',
    });
  }
  for (const path of [doneFolder, failedFolder]) if (!there.has(path)) await client.mailboxCreate(path);
}

export function mailboxFailed(cause: unknown): AppError {
  const { code, responseText, message } = cause as NodeJS.ErrnoException & { readonly responseText?: string };
  const reason = code ?? responseText ?? message;
  return new AppError('MAIL_FAILED', 'transient', `The mail server did not carry out a command: ${reason}.`, {
    values: { reason },
    fix: 'It is retried automatically; if it keeps happening, check the mailbox and the log of its server.',
    cause,
  });
}
