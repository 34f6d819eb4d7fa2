/** The errors that receiving and sending have in common. */
import { AppError } from '../../engine/contract/values/errors.ts';

export function noServer(problem: 'imap' | 'smtp'): AppError {
  const server = problem === 'imap' ? 'receiving' : 'sending';
  return new AppError('MAIL_NO_SERVER', 'input', `The adapter has no ${server} mail server.`, {
    values: { problem },
    fix: 'Add it to the settings of the adapter.',
  });
}

export function tlsRequired(host: string): AppError {
  return new AppError('MAIL_TLS_REQUIRED', 'input', 'This adapter would transfer mails unencrypted.', {
    values: { host },
    fix: 'Set its encryption to TLS or STARTTLS.',
  });
}

export function loginFailed(host: string, port: number, cause: unknown): AppError {
  return new AppError('MAIL_LOGIN_FAILED', 'input', `${host}:${port} refuses the user or the password.`, {
    values: { host, port },
    fix: 'Correct the user in the settings of the adapter, or its credential; some servers require an app password and IMAP or SMTP to be enabled.',
    cause,
  });
}

export function notConnected(host: string, port: number, reason: string, cause: unknown): AppError {
  return new AppError('MAIL_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall, encryption and certificate with the connection test of the adapter.',
    cause,
  });
}
