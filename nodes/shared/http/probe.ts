/** Tests the connection of an HTTP adapter: settings, name, TCP, TLS, login and response. */
import { createMessage } from '../../../engine/contract/values/message.ts';
import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import type { Health, ProbeContext } from '../../../engine/contract/node/probe.ts';
import { namingPeer, peerOf } from '../at-peer.ts';
import { runProbe } from '../probe/run-probe.ts';
import { loginRefused } from './check-status.ts';
import { failure } from './exchange.ts';
import { createOutboundClient } from './outbound.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

/**
 * Sends `GET` to the base URL. Any status shows that the remote system responds; only 401 and 403 mean a wrong
 * credential.
 */
export function probeHttp(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'http', async (ctx, steps) => {
    const settings = () => readSettings(ctx.adapter, HttpSettings);
    const named = <T>(work: () => Promise<T>) => namingPeer(peerOf('HTTP', targetOfUrl(settings().baseUrl)), work);
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => settings().baseUrl);
    await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, () => named(() => resolveName(ctx, settings())));
    await steps.run({ 'zh-CN': '登录并发送 GET', en: 'Log in and send GET' }, () => named(() => sendGet(ctx, steps.hide)));
  });
}

async function resolveName({ outbound }: ProbeContext, settings: HttpSettings): Promise<string> {
  const { host, port } = targetOfUrl(settings.baseUrl);
  try {
    return (await outbound.resolve(host, port))[0]!.address;
  } catch (cause) {
    throw failure(cause as Error, false, 'read');
  }
}

async function sendGet(ctx: ProbeContext, onToken: (token: string) => void): Promise<string> {
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  const { status } = await createOutboundClient().send(
    { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name), onToken },
    { method: 'GET', path: '', headers: {}, effect: 'read' },
  );
  if (status === 401 || status === 403) throw loginRefused(status);
  return `HTTP ${status}`;
}
