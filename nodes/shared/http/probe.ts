/** Tests the connection of an HTTP adapter: settings, name, TCP, TLS, login and response. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import type { Health, ProbeContext } from '../../../engine/contract/node/node.ts';
import { createProbeSteps } from '../probe-steps.ts';
import { createOutboundClient, failure } from './outbound.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

/**
 * Sends `GET` to the base URL. Any status shows that the remote system responds; only 401 and 403 mean a wrong
 * credential.
 */
export async function probeHttp(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  const settings = () => readSettings(ctx.adapter, HttpSettings);
  let socket: Socket | undefined;
  try {
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => settings().baseUrl);
    await steps.run({ 'zh-CN': '域名解析', en: 'Name' }, () => resolveName(ctx, settings()));
    await steps.run({ 'zh-CN': 'TCP 连接', en: 'TCP connection' }, async () => {
      const target = targetOfUrl(settings().baseUrl);
      socket = await openSocket(ctx, () => connect({ ...target, lookup: ctx.outbound.lookup(target.port) }), 'connect');
      return `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    });
    if (isTls(ctx)) await steps.run({ 'zh-CN': 'TLS 握手', en: 'TLS handshake' }, () => shakeHands(ctx, settings(), socket!));
    await steps.run({ 'zh-CN': '登录并发送 GET', en: 'Log in and send GET' }, () => sendGet(ctx));
  } finally {
    socket?.destroy();
  }
  return steps.health();
}

function isTls({ adapter }: ProbeContext): boolean {
  return String(adapter.settings['baseUrl']).startsWith('https:');
}

/**
 * Resolves and checks the host. An IP address must be checked here too: connecting to it does not call `lookup`, which
 * checks addresses.
 */
async function resolveName({ outbound }: ProbeContext, settings: HttpSettings): Promise<string> {
  const { host, port } = targetOfUrl(settings.baseUrl);
  try {
    return (await outbound.resolve(host, port))[0]!.address;
  } catch (cause) {
    throw failure(cause as Error, false, 'read');
  }
}

async function shakeHands(ctx: ProbeContext, { baseUrl, tls }: HttpSettings, plain: Socket): Promise<string> {
  const { host } = targetOfUrl(baseUrl);
  const servername = tls?.serverName ?? (isIP(host) === 0 ? host : undefined);
  const options = {
    ...{ socket: plain, host },
    ...(servername === undefined ? {} : { servername }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
  };
  const socket = connectTls(options);
  await openSocket(ctx, () => socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  const name = subject as { readonly CN?: string } | undefined;
  return [socket.getProtocol(), name?.CN].filter(Boolean).join(', ');
}

/** Opens a connection. Rejects with HTTP_CONNECT (transient) if it is not open within the adapter's timeout. */
function openSocket(ctx: ProbeContext, open: () => Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open();
    const finish = (cause?: Error) => {
      cancelTimer();
      ctx.signal.removeEventListener('abort', onAbort);
      socket.off('error', finish).on('error', () => undefined);
      if (cause === undefined) return resolve(socket);
      socket.destroy();
      return reject(failure(cause, false, 'read'));
    };
    const onAbort = () => finish(new Error('cancelled'));
    const cancelTimer = ctx.clock.after(ctx.adapter.limits.connectTimeoutMs, () => finish(new Error('time-out')));
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', finish).once(event, () => finish());
    if (ctx.signal.aborted) onAbort();
  });
}

async function sendGet(ctx: ProbeContext): Promise<string> {
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  const { status } = await createOutboundClient().send(
    { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
    { method: 'GET', path: '', headers: {}, effect: 'read' },
  );
  if (status === 401 || status === 403) {
    throw new AppError('HTTP_LOGIN_REFUSED', 'input', `The other side refused the login (HTTP ${status}).`, {
      values: { status },
      fix: 'Check the login method and the credential of the adapter.',
    });
  }
  return `HTTP ${status}`;
}
