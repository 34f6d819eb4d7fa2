/** Sends one message to one receiver. It may be sent again after a transient AppError. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector, Client, request } from 'undici';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import { guardConnector, targetOfUrl, type OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import {
  isThisMachine,
  MAIL_SECRET,
  type AlarmMail,
  type AlarmReceiver,
  type AlarmSettings,
  type AlarmSettingsStore,
} from './alarm-settings.ts';
import { mailText, subjectOf, webhookBody, type Installation, type NoticeLine } from './notice-text.ts';

export interface SendDeps {
  readonly clock: Clock;
  readonly secrets: Pick<AlarmSettingsStore, 'secret'>;
  readonly outbound: { readonly guard: OutboundGuard };
  /**
   * Returns the data about the installation. Called for each message, because the address of the console is not known
   * before the console listens.
   */
  installation(): Installation;
  /** PEM of a private certificate authority for receivers and the mail server, in addition to the public ones. */
  readonly serverCa?: string;
}

export type SendNotice = (receiver: AlarmReceiver, lines: readonly NoticeLine[], settings: AlarmSettings) => Promise<void>;

const TIMEOUT_MS = 10_000;

export function createSendNotice(deps: SendDeps): SendNotice {
  const trust = deps.serverCa === undefined ? {} : { ca: [...rootCertificates, deps.serverCa] };
  return (receiver, lines, settings) =>
    receiver.kind === 'webhook' ? sendWebhook(receiver, lines, trust, deps) : sendMail(receiver, lines, settings, trust, deps);
}

/**
 * Sends a signed message. `x-kq-signature` is HMAC-SHA256 in hex, with the receiver's key, over
 * `<x-kq-timestamp>.<body>`. `x-kq-delivery` is new for each attempt, as is `id` in the body. A redirect counts as a
 * failure, because only the configured address has the key.
 */
async function sendWebhook({ receiverId, url }: AlarmReceiver, lines: readonly NoticeLine[], trust: Trust, deps: SendDeps): Promise<void> {
  const key = await deps.secrets.secret(receiverId);
  if (url === undefined || key === undefined) throw notSent('no-key', 'input');
  const id = createId('ntc');
  const at = deps.clock.now();
  const body = webhookBody(id, at, lines, deps.installation());
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
  const dispatcher = connectTo(url, trust, deps.outbound.guard);
  const answer = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-kq-delivery': id,
      'x-kq-timestamp': timestamp,
      'x-kq-signature': `sha256=${signature}`,
    },
    body,
    dispatcher,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
    .then(async ({ statusCode, body: said }) => {
      await said.dump();
      return { statusCode };
    })
    .catch((error: unknown) => {
      throw failed(error);
    })
    .finally(() => dispatcher.destroy());
  if (answer.statusCode < 200 || answer.statusCode > 299) throw notSent(`HTTP ${answer.statusCode}`, 'transient');
}

async function sendMail(
  receiver: AlarmReceiver,
  lines: readonly NoticeLine[],
  { mail }: AlarmSettings,
  trust: Trust,
  deps: SendDeps,
): Promise<void> {
  if (mail === undefined || receiver.to === undefined) throw notSent('no-server', 'input');
  const pass = await deps.secrets.secret(MAIL_SECRET);
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.security === 'tls',
    requireTLS: mail.security === 'starttls',
    ignoreTLS: mail.security === 'none' && isThisMachine(mail.host),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    tls: { ...trust, ...(isIP(mail.host) === 0 ? { servername: mail.host } : {}) },
    getSocket: (_options: unknown, done: GotSocket) => void openSocket(mail, deps).then((connection) => done(null, { connection }), done),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(mail.user === undefined || pass === undefined ? {} : { auth: { user: mail.user, pass } }),
  });
  try {
    await transport.sendMail({
      from: mail.from,
      to: [...receiver.to],
      subject: subjectOf(lines, deps.installation()),
      text: mailText(lines, deps.installation()),
    });
  } catch (error) {
    throw failed(error);
  } finally {
    transport.close();
  }
}

type Trust = { readonly ca?: string[] };
type GotSocket = (error: Error | null, socket?: { readonly connection: Socket }) => void;

function connectTo(url: string, trust: Trust, guard: OutboundGuard): Client {
  const { port } = targetOfUrl(url);
  return new Client(new URL(url).origin, {
    connect: guardConnector(guard, port, buildConnector({ ...trust, lookup: guard.lookup(port) })),
  });
}

/**
 * Opens the connection to the mail server. The mail library would resolve the name without the outbound guard, so it
 * gets a connected socket instead.
 */
async function openSocket({ host, port }: AlarmMail, { outbound: { guard } }: SendDeps): Promise<Socket> {
  // For an IP address the socket looks up no name and does not ask the guard, so check it here.
  if (isIP(host) !== 0) await guard.resolve(host, port);
  const socket = connect({ host, port, lookup: guard.lookup(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}

/**
 * Returns the error to throw. If the target is forbidden, the error is not transient, because a retry would not help.
 */
function failed(error: unknown): AppError {
  return error instanceof AppError && error.code === 'OUTBOUND_REFUSED' ? error : notSent(reasonOf(error), 'transient', error);
}

function notSent(reason: string, kind: 'transient' | 'input', cause?: unknown): AppError {
  return new AppError('ALARM_NOT_SENT', kind, `The receiver could not be notified (${reason}).`, {
    values: { reason, ...(Object.hasOwn(FIXES, reason) ? { problem: reason } : {}) },
    ...(cause === undefined ? {} : { cause }),
    fix: FIXES[reason] ?? 'Check the address of the receiver, its key or password, and the network.',
  });
}

const FIXES: Readonly<Record<string, string>> = {
  certificate: 'Point KQ_SERVER_CA_FILE to the CA that issued its certificate, and use the server name that the certificate has.',
  'tls-mode': 'Choose STARTTLS for this port (usually 587), or TLS for the port that uses it from the first byte (465).',
};

/**
 * Returns a code such as ECONNREFUSED or EAUTH, never text from the other side. TLS errors can only be recognised by
 * their texts.
 */
function reasonOf(error: unknown): string {
  const { code, name, message = '' } = error as { code?: unknown; name?: string; message?: string };
  if (/certificate|self.signed/i.test(message)) return 'certificate';
  if (/wrong version number|packet length too long/.test(message)) return 'tls-mode';
  return typeof code === 'string' ? code : (name ?? 'unknown');
}
