import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import type SmtpConnection from 'nodemailer/lib/smtp-connection';
import type { Adapter } from '../../engine/contract/node/adapter.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { loginFailed, noServer, notConnected, tlsRequired } from './mail-errors.ts';
import { MailSettings, type SmtpSettings } from './settings.ts';

/** A server's reply has a few lines. */
const MAX_REPLY_BYTES = 65_536;

export interface SmtpTarget {
  readonly adapter: Adapter | undefined;
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
  secret(): Promise<string>;
}

/**
 * Opens an SMTP connection (RFC 5321) with TLS and logs in; the caller closes it. Rejects with ADAPTER_SETTINGS_WRONG,
 * OUTBOUND_REFUSED, MAIL_NO_SERVER, MAIL_TLS_REQUIRED or MAIL_LOGIN_FAILED (input), or with MAIL_CONNECT_FAILED
 * (transient).
 */
export async function openSmtp(target: SmtpTarget): Promise<SmtpConnection> {
  const adapter = target.adapter!;
  const { user, smtp } = readSettings(adapter, MailSettings);
  if (smtp === undefined) throw noServer('smtp');
  const { host } = smtp;
  if (smtp.security === 'none' && !isLoopback(host) && smtp.allowPlain !== true) throw tlsRequired(host);
  const password = smtp.login ? await target.secret() : undefined;
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  let connection: SmtpConnection | undefined;
  try {
    connection = new Connection(optionsOf(smtp, await openSocket(smtp, adapter, target), adapter));
    await connected(connection, target.signal);
    if (password !== undefined) await loggedIn(connection, user, password);
    return connection;
  } catch (cause) {
    connection?.close();
    target.signal.throwIfAborted();
    throw openFailed(smtp, cause);
  }
}

function optionsOf({ host, security, ca, serverName }: SmtpSettings, connection: Socket, { limits }: Adapter) {
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    connection,
    name: 'kangqiao',
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    greetingTimeout: limits.connectTimeoutMs,
    connectionTimeout: limits.connectTimeoutMs,
    socketTimeout: limits.timeoutMs,
    maxResponseSize: MAX_REPLY_BYTES,
    tls: {
      // For an address, the certificate is checked against the host.
      host,
      minVersion: 'TLSv1.2' as const,
      ...(name === undefined ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca }),
    },
  };
}

/** The mail library would resolve the name without the outbound guard, so it gets a connected socket. */
async function openSocket({ host, port }: SmtpSettings, { limits }: Adapter, { outbound, signal }: SmtpTarget): Promise<Socket> {
  // For an IP address the socket looks up no name and does not ask the guard, so check it here.
  if (isIP(host) !== 0) await outbound.resolve(host, port);
  const socket = connect({ host, port, lookup: outbound.lookup(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(limits.connectTimeoutMs)]) });
    return socket.setNoDelay(true);
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}

function connected(connection: SmtpConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without a listener, an error event would end the process. It stays for errors after this step, which also reach the
    // callback of the current command.
    connection.on('error', reject);
    signal.addEventListener('abort', () => connection.close(), { once: true });
    connection.on('end', () => reject(new Error('the server closed the connection')));
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

function loggedIn(connection: SmtpConnection, user: string, pass: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.login({ user, pass }, (error) => (error ? reject(error) : resolve()));
  });
}

function openFailed({ host, port }: SmtpSettings, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const { code, responseCode = 0, message } = cause as { code?: string; responseCode?: number; message: string };
  if (code === 'EAUTH' && responseCode >= 500) return loginFailed(host, port, cause);
  const reason = responseCode > 0 ? String(responseCode) : (certificateProblem(message) ?? code ?? message);
  return notConnected(host, port, reason, cause);
}

/** Problems of certificates can only be recognised by their texts. */
function certificateProblem(message: string): string | undefined {
  return /certificate|altnames|self.signed/i.test(message) ? message.slice(0, 200) : undefined;
}
