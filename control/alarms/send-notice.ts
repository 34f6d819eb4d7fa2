/** One message to one receiver. A transient AppError: it may be tried again. */
import { createHmac } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { request } from 'undici';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import { createId } from '../../engine/contract/ids.ts';
import { isThisMachine, MAIL_SECRET, type AlarmReceiver, type AlarmSettings, type AlarmSettingsStore } from './alarm-settings.ts';
import { mailText, subjectOf, webhookBody, type Installation, type NoticeLine } from './notice-text.ts';

export interface SendDeps {
  readonly clock: Clock;
  readonly secrets: Pick<AlarmSettingsStore, 'secret'>;
  /** Asked for each message: where the console listens is known only once it does. */
  installation(): Installation;
}

export type SendNotice = (receiver: AlarmReceiver, lines: readonly NoticeLine[], settings: AlarmSettings) => Promise<void>;

const TIMEOUT_MS = 10_000;

export function createSendNotice(deps: SendDeps): SendNotice {
  return (receiver, lines, settings) =>
    receiver.kind === 'webhook' ? sendWebhook(receiver, lines, deps) : sendMail(receiver, lines, settings, deps);
}

/**
 * Signed: `x-kq-signature` is HMAC-SHA256 in hex, by the receiver's key, over `<x-kq-timestamp>.<body>`. `x-kq-delivery` is new for each
 * try; `id` in the body as well. A redirect is a failure: the key's holder is at the address that was given.
 */
async function sendWebhook({ receiverId, url }: AlarmReceiver, lines: readonly NoticeLine[], deps: SendDeps): Promise<void> {
  const key = await deps.secrets.secret(receiverId);
  if (url === undefined || key === undefined) throw notSent('no-key', 'input');
  const id = createId('ntc');
  const at = deps.clock.now();
  const body = webhookBody(id, at, lines, deps.installation());
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
  const answer = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-kq-delivery': id,
      'x-kq-timestamp': timestamp,
      'x-kq-signature': `sha256=${signature}`,
    },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw notSent(reasonOf(error), 'transient', error);
  });
  await answer.body.dump();
  if (answer.statusCode < 200 || answer.statusCode > 299) throw notSent(`HTTP ${answer.statusCode}`, 'transient');
}

async function sendMail(receiver: AlarmReceiver, lines: readonly NoticeLine[], { mail }: AlarmSettings, deps: SendDeps): Promise<void> {
  if (mail === undefined || receiver.to === undefined) throw notSent('no-server', 'input');
  const pass = await deps.secrets.secret(MAIL_SECRET);
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.security === 'tls',
    requireTLS: mail.security === 'starttls',
    ignoreTLS: mail.security === 'none' && isThisMachine(mail.host),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
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
    throw notSent(reasonOf(error), 'transient', error);
  } finally {
    transport.close();
  }
}

function notSent(reason: string, kind: 'transient' | 'input', cause?: unknown): AppError {
  return new AppError('ALARM_NOT_SENT', kind, `The receiver could not be told (${reason}).`, {
    values: { reason },
    ...(cause === undefined ? {} : { cause }),
    fix: 'Check the address of the receiver, its key or password, and the network.',
  });
}

/** A code such as ECONNREFUSED or EAUTH; never a text of the other side. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? 'unknown');
}
