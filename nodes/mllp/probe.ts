/** Connection test of an MLLP adapter: name, connection, TLS. No message is sent: every one would be taken for real. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { toErrorRecord } from '../../engine/contract/errors.ts';
import type { Health, ProbeContext, ProbeStep } from '../../engine/contract/node.ts';
import type { Text } from '../../engine/contract/texts.ts';
import { connect, connectFailed } from './connect.ts';
import { readSettings, SendSettings } from './settings.ts';

export async function probeMllp(ctx: ProbeContext): Promise<Health> {
  const steps: ProbeStep[] = [];
  const step = async (name: Text, run: () => Promise<string>): Promise<boolean> => {
    const startedAt = ctx.clock.monotonic();
    const settled = await run().then(
      (detail) => ({ ok: true, detail }),
      (thrown: unknown) => {
        const error = toErrorRecord(thrown);
        return { ok: false, detail: error.message, error };
      },
    );
    steps.push({ name, ...settled, durationMs: ctx.clock.monotonic() - startedAt });
    return settled.ok;
  };
  const ok =
    (await step({ 'zh-CN': '设置', en: 'Settings' }, () =>
      Promise.resolve().then(() => `${readSettings(ctx.adapter, SendSettings).host}`),
    )) &&
    (await step({ 'zh-CN': '域名解析', en: 'Name' }, () => resolveName(readSettings(ctx.adapter, SendSettings)))) &&
    (await step({ 'zh-CN': '连接与 TLS', en: 'Connection and TLS' }, () => openAndClose(ctx)));
  return { ok, steps };
}

async function resolveName(settings: SendSettings): Promise<string> {
  const { host } = settings;
  if (isIP(host) > 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw connectFailed(settings, cause);
  }
}

async function openAndClose(ctx: ProbeContext): Promise<string> {
  const settings = readSettings(ctx.adapter, SendSettings);
  const credential = settings.tls?.clientCertificate === true ? await ctx.secret() : undefined;
  const socket = await connect({
    settings,
    timeoutMs: ctx.adapter.limits.connectTimeoutMs,
    signal: ctx.signal,
    clock: ctx.clock,
    credential,
  });
  socket.on('error', () => undefined).destroy();
  return settings.tls === undefined ? `${settings.host}:${settings.port}` : `${settings.host}:${settings.port}, TLS`;
}
