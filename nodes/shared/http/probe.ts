/** Tests the connection of an HTTP adapter: settings, name, TCP, TLS, access token, and what the other side responds. */
import { createMessage } from '../../../engine/contract/values/message.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import type { Health, ProbeContext } from '../../../engine/contract/node/probe.ts';
import { atPeer, namingPeer, peerOf } from '../at-peer.ts';
import { runProbe, type WayIn } from '../probe/run-probe.ts';
import { requestToken } from './access-token.ts';
import { loginRefused, statusError } from './check-status.ts';
import { failure, type OutboundResponse } from './exchange.ts';
import { createOutboundClient } from './outbound.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

/** The other side, or a proxy in front of it, demands another login. */
const LOGIN_REFUSED = new Set([401, 403, 407]);

/**
 * Sends `GET` to the base URL. Any response shows that name, TCP and TLS work. A base URL by itself often has no content,
 * so other statuses 4xx pass as well.
 */
export function probeHttp(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'http', async (ctx, steps) => {
    const settings = () => readSettings(ctx.adapter, HttpSettings);
    const named = <T>(work: () => Promise<T>) => namingPeer(peerOf('HTTP', targetOfUrl(settings().baseUrl)), work);
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => settings().baseUrl);
    await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, () => named(() => resolveName(ctx, settings())));
    let accessToken: string | undefined;
    if (ctx.adapter.settings['auth'] === 'oauth2')
      await steps.logIn({ 'zh-CN': '获取访问令牌', en: 'Access token' }, wayTo(settings), async () => {
        // A kept token would hide that the credential is no longer right.
        ({ value: accessToken } = await requestToken(ctx, settings(), await ctx.secret()));
        steps.hide(accessToken);
        return targetOfUrl(settings().oauth2!.tokenUrl).host;
      });
    await steps.logIn({ 'zh-CN': '对 GET 的应答', en: 'Answer to GET' }, wayTo(settings), () =>
      named(async () => judge(await sendGet(ctx, accessToken), ctx, settings())),
    );
  });
}

function wayTo(settings: () => HttpSettings): WayIn {
  const servers = () => {
    const { baseUrl, tls } = settings();
    return [{ ...targetOfUrl(baseUrl), tls: baseUrl.startsWith('https:') ? (tls ?? {}) : undefined }];
  };
  return { servers, failed: (server, cause) => atPeer(failure(cause as Error, false, 'read'), peerOf('HTTP', server)) as AppError };
}

async function resolveName({ outbound }: ProbeContext, settings: HttpSettings): Promise<string> {
  const { host, port } = targetOfUrl(settings.baseUrl);
  try {
    return (await outbound.resolve(host, port))[0]!.address;
  } catch (cause) {
    throw failure(cause as Error, false, 'read');
  }
}

function sendGet(ctx: ProbeContext, accessToken: string | undefined): Promise<OutboundResponse> {
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  return createOutboundClient().send(
    {
      ...{ ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
      ...(accessToken === undefined ? {} : { accessToken }),
    },
    { method: 'GET', path: '', headers: {}, effect: 'read' },
  );
}

/**
 * Returns what the response shows. Throws HTTP_LOGIN_REFUSED or HTTP_REDIRECTED (input), and HTTP_BUSY or
 * HTTP_SERVER_ERROR (transient) for 5xx.
 */
function judge(response: OutboundResponse, ctx: ProbeContext, { baseUrl, refusals }: HttpSettings): string {
  const { status, headers } = response;
  if (LOGIN_REFUSED.has(status)) throw loginRefused(status);
  const location = status >= 300 && status < 400 ? URL.parse(headers['location'] ?? '', baseUrl) : null;
  if (headers['location'] !== undefined && location !== null) {
    // Only the host: a path may contain a session.
    if (location.origin !== new URL(baseUrl).origin) throw redirected(status, location.origin.slice(0, 200));
    return `HTTP ${status} → ${location.host}`;
  }
  if (status >= 500 && !refusals.includes(String(status)) && !isSoapFault(response, ctx)) throw statusError(response, 'read', ctx);
  return `HTTP ${status}`;
}

/** Many SOAP services respond to a GET with a fault, whose status is 500: they work. */
function isSoapFault({ body }: OutboundResponse, { adapter }: ProbeContext): boolean {
  return adapter.protocol === 'soap' && /<(?:[\w.-]{1,60}:)?Fault[\s>]/.test(body.toString('latin1', 0, 65_536));
}

function redirected(status: number, target: string): AppError {
  return new AppError('HTTP_REDIRECTED', 'input', `The other side redirects to ${target} (HTTP ${status}); calls do not follow it.`, {
    values: { status, target },
    fix: 'Enter the address at which the other side handles calls as the base URL of the adapter.',
  });
}
