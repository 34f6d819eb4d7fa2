import { ImapFlow } from 'imapflow';
import type { Adapter } from '../../engine/contract/adapter.ts';
import { AppError } from '../../engine/contract/errors.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { MailSettings } from './settings.ts';

/**
 * A connection over IMAP (RFC 3501), encrypted and logged in; its owner closes it. ADAPTER_SETTINGS_WRONG, MAIL_TLS_REQUIRED and
 * MAIL_LOGIN_FAILED (input), MAIL_CONNECT_FAILED (transient).
 */
export async function openMailbox(adapter: Adapter, password: string): Promise<ImapFlow> {
  const { user, imap } = readSettings(adapter, MailSettings);
  if (imap.security === 'none' && !isLoopback(imap.host)) {
    throw new AppError('MAIL_TLS_REQUIRED', 'input', 'This adapter would fetch mails in plain text.', {
      values: { host: imap.host },
      fix: 'Set its encryption to TLS or STARTTLS.',
    });
  }
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.security === 'tls',
    doSTARTTLS: imap.security === 'starttls',
    auth: { user, pass: password },
    tls: {
      minVersion: 'TLSv1.2',
      ...(imap.ca === undefined ? {} : { ca: imap.ca }),
      ...(imap.serverName === undefined ? {} : { servername: imap.serverName }),
    },
    clientInfo: { name: 'Kangqiao' },
    connectionTimeout: adapter.limits.connectTimeoutMs,
    greetingTimeout: adapter.limits.connectTimeoutMs,
    socketTimeout: adapter.limits.timeoutMs,
    disableAutoIdle: true,
    logger: false,
  });
  // Whatever goes wrong rejects the command under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (cause) {
    client.close();
    throw connectFailed(imap, cause);
  }
}

function connectFailed({ host, port }: MailSettings['imap'], cause: unknown): AppError {
  if ((cause as { readonly authenticationFailed?: boolean }).authenticationFailed === true)
    return new AppError('MAIL_LOGIN_FAILED', 'input', `${host}:${port} refuses user or password.`, {
      values: { host, port },
      fix: 'Correct the user in the settings of the adapter, or its credential; some servers want an app password and IMAP switched on.',
      cause,
    });
  const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  return new AppError('MAIL_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall, encryption and certificate with the connection test of the adapter.',
    cause,
  });
}
