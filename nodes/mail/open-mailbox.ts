import { isIP } from 'node:net';
import type { ImapFlow } from 'imapflow';
import type { Adapter } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { meterMailbox } from './meter-mailbox.ts';
import { loginFailed, noServer, notConnected, tlsRequired } from './mail-errors.ts';
import { MailSettings, type ImapSettings } from './settings.ts';

/**
 * Maximum length of a line from the server. A search result lists all mails in one line. This length is enough for a
 * hundred thousand mails.
 */
const MAX_LINE_BYTES = 768 * 1024;
const MAX_TOKENS = 100_000;
/** Maximum number of bytes that the server may send per request, in addition to the mail itself. */
const OTHER_BYTES = 1024 * 1024;

export interface Mailbox {
  readonly client: ImapFlow;
  /**
   * Allows the server to send a mail of this size, besides the usual responses. If it sends more, the connection is
   * closed.
   */
  expect(bytes: number): void;
  /** Returns MAIL_FLOOD (transient) if the operation failed because the server sent too much; otherwise undefined. */
  flood(error: unknown): AppError | undefined;
}

/**
 * Opens an encrypted IMAP connection (RFC 3501) and logs in; the caller closes it. Rejects with
 * ADAPTER_SETTINGS_WRONG, OUTBOUND_REFUSED, MAIL_NO_SERVER, MAIL_TLS_REQUIRED or MAIL_LOGIN_FAILED (input), or with
 * MAIL_CONNECT_FAILED (transient).
 */
export async function openMailbox(adapter: Adapter, password: string, outbound: OutboundGuard, mailBytes = 0): Promise<Mailbox> {
  const { user, imap } = readSettings(adapter, MailSettings);
  if (imap === undefined) throw noServer('imap');
  if (imap.security === 'none' && !isLoopback(imap.host)) {
    throw tlsRequired(imap.host);
  }
  // If the host is an IP address, connecting does not call `lookup`, which checks addresses. So check it here.
  if (isIP(imap.host) !== 0) await outbound.resolve(imap.host, imap.port);
  const imapflow = await import('imapflow');
  const client = new imapflow.ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.security === 'tls',
    doSTARTTLS: imap.security === 'starttls',
    auth: { user, pass: password },
    // The client also uses these options for a connection without TLS.
    tls: {
      lookup: outbound.lookup(imap.port),
      minVersion: 'TLSv1.2',
      ...(imap.ca === undefined ? {} : { ca: imap.ca }),
      ...(imap.serverName === undefined ? {} : { servername: imap.serverName }),
    },
    clientInfo: { name: 'Kangqiao' },
    connectionTimeout: adapter.limits.connectTimeoutMs,
    greetingTimeout: adapter.limits.connectTimeoutMs,
    socketTimeout: adapter.limits.timeoutMs,
    disableAutoIdle: true,
    // Compressed data can expand to any size and bypass the limits.
    disableCompression: true,
    maxLineLength: MAX_LINE_BYTES,
    maxLiteralSize: mailBytes + OTHER_BYTES,
    maxResponseSize: mailBytes + OTHER_BYTES + MAX_LINE_BYTES,
    maxResponseTokens: MAX_TOKENS,
    logger: false,
  });
  // Without a listener, an error event would end the process. Nothing else is needed here, because the error also
  // rejects the current command.
  client.on('error', () => undefined);
  const mailbox = metered(client);
  try {
    await client.connect();
    return mailbox;
  } catch (cause) {
    client.close();
    throw mailbox.flood(cause) ?? connectFailed(imap, cause);
  }
}

function metered(client: ImapFlow): Mailbox {
  const meter = meterMailbox(client, OTHER_BYTES);
  let mostBytes = OTHER_BYTES;
  let isTooMuch = false;
  // When the connection closes, the current command fails with an error that does not contain the reason. Only this
  // event contains the reason.
  client.on('error', (error: NodeJS.ErrnoException) => {
    isTooMuch ||= TOO_MUCH.has(error.code);
  });
  return {
    client,
    expect(bytes) {
      mostBytes = bytes + OTHER_BYTES;
      meter.allow(mostBytes);
    },
    flood: (error) => (meter.isOver() || isTooMuch ? flooded(mostBytes, error) : undefined),
  };
}

const TOO_MUCH: ReadonlySet<string | undefined> = new Set(['LineTooLarge', 'LiteralTooLarge', 'ResponseTooLarge', 'TooManyTokens']);

function flooded(mostBytes: number, cause: unknown): AppError {
  const limit = Math.ceil(mostBytes / 1024 / 1024);
  return new AppError(
    'MAIL_FLOOD',
    'transient',
    `The mail server sent more than was requested (${limit} MB), so the connection was closed.`,
    {
      values: { limit },
      fix: 'It is retried automatically; if it keeps happening, check the server.',
      cause,
    },
  );
}

function connectFailed({ host, port }: ImapSettings, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if ((cause as { readonly authenticationFailed?: boolean }).authenticationFailed === true) return loginFailed(host, port, cause);
  return notConnected(host, port, (cause as NodeJS.ErrnoException).code ?? (cause as Error).message, cause);
}
