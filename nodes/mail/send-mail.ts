import { Readable } from 'node:stream';
import type MailComposer from 'nodemailer/lib/mail-composer';
import type SmtpConnection from 'nodemailer/lib/smtp-connection';
import { AppError } from '../../engine/contract/values/errors.ts';

export interface OutgoingMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly composer: MailComposer;
  readonly maxBytes: number;
  /** Returns the error of an attachment that could not be read. */
  failure(): unknown;
}

export interface SentMail {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly address: string; readonly code: number }[];
}

/**
 * Hands a mail to the server. A server takes a mail over when it has its last line, so a connection that is lost before
 * means that nothing was sent (MAIL_SEND_FAILED, transient), and one that is lost after it that the outcome is unknown
 * (MAIL_SEND_UNKNOWN). A refusal is MAIL_REFUSED: transient for 4xx, input for 5xx (RFC 5321, 4.2.1).
 */
export async function sendMail(connection: SmtpConnection, mail: OutgoingMail, signal: AbortSignal): Promise<SentMail> {
  let isWhole = false;
  let tooLarge: AppError | undefined;
  const source = mail.composer.compile().createReadStream();
  async function* content(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mail.maxBytes) {
        tooLarge = mailTooLargeToSend(mail.maxBytes);
        // Another error, because the mail library changes the code of errors of its stream.
        throw new Error('too large');
      }
      yield chunk;
    }
    isWhole = true;
  }
  try {
    return await new Promise<SentMail>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      connection.send({ from: mail.from, to: [...mail.to] }, Readable.from(content()), (error, info) => {
        if (error) return reject(error);
        const rejected = (info?.rejectedErrors ?? []).map(({ recipient, responseCode }) => ({
          address: String(recipient ?? ''),
          code: responseCode ?? 0,
        }));
        return resolve({ accepted: info?.accepted ?? [], rejected });
      });
    });
  } catch (cause) {
    source.on('error', () => undefined).destroy();
    throw tooLarge ?? asAppError(mail.failure()) ?? sendFailed(cause, isWhole);
  }
}

function asAppError(error: unknown): AppError | undefined {
  return error instanceof AppError ? error : undefined;
}

function sendFailed(cause: unknown, isWhole: boolean): AppError {
  const { code = '', responseCode = 0, response = '' } = cause as { code?: string; responseCode?: number; response?: string };
  if (responseCode >= 400 && responseCode < 600) {
    const status = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(response)?.[1];
    const answer = status === undefined ? String(responseCode) : `${responseCode} ${status}`;
    return new AppError('MAIL_REFUSED', responseCode < 500 ? 'transient' : 'input', `The mail server refuses the mail: ${answer}.`, {
      values: { answer },
      fix: 'The number says why (550: unknown recipient, 552: too large, 554: refused as spam); correct the mail, or ask the operator of the server.',
      cause,
    });
  }
  const reason = code || 'ECONNECTION';
  if (isWhole) {
    return new AppError('MAIL_SEND_UNKNOWN', 'unknown-outcome', `The mail was sent, but the server did not confirm it: ${reason}.`, {
      values: { reason },
      fix: 'Ask the recipient whether it arrived; a repetition has the same Message-ID.',
      cause,
    });
  }
  return new AppError('MAIL_SEND_FAILED', 'transient', `The connection was lost before the mail was complete: ${reason}.`, {
    values: { reason },
    fix: 'It was not sent; it is retried by the retry rule of the node.',
    cause,
  });
}

function mailTooLargeToSend(maxBytes: number): AppError {
  return new AppError('MAIL_SEND_TOO_LARGE', 'input', `The mail is larger than ${maxBytes} bytes, so it was not sent.`, {
    values: { maxBytes },
    fix: 'Raise the limit of the node if the server accepts such mails, or send the files in another way.',
  });
}
