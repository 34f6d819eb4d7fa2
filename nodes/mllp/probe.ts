/** Connection test of an MLLP adapter: name, connection, TLS. No message is sent: every one would be taken for real. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '../../engine/contract/errors.ts';
import type { Health, ProbeContext } from '../../engine/contract/node.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import { readSettings } from '../shared/read-settings.ts';
import { connect, connectFailed } from './connect.ts';
import { ListenSettings, SendSettings } from './settings.ts';

export async function probeMllp(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  if (isListener(ctx)) {
    await steps.run({ 'zh-CN': '监听', en: 'Listening' }, () => reachListener(ctx));
    return steps.health();
  }
  await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, SendSettings).host);
  await steps.run({ 'zh-CN': '域名解析', en: 'Name' }, () => resolveName(readSettings(ctx.adapter, SendSettings)));
  await steps.run({ 'zh-CN': '连接与 TLS', en: 'Connection and TLS' }, () => openAndClose(ctx));
  return steps.health();
}

/** It only receives: there is nowhere to connect to, but the platform itself. */
function isListener({ adapter }: ProbeContext): boolean {
  return adapter.settings['host'] === undefined && adapter.settings['listen'] !== undefined;
}

async function reachListener(ctx: ProbeContext): Promise<string> {
  const { host, port } = readSettings(ctx.adapter, ListenSettings).listen!;
  const settings = { host: host === '0.0.0.0' || host === '::' ? 'localhost' : host, port, allowPlain: true };
  const options = { settings, timeoutMs: ctx.adapter.limits.connectTimeoutMs, signal: ctx.signal, clock: ctx.clock, credential: undefined };
  const socket = await connect(options).catch((cause: unknown) => {
    throw new AppError('MLLP_NOT_LISTENING', 'transient', `Nothing listens at ${host}:${port}.`, {
      values: { host, port },
      fix: 'Publish a flow that listens by this adapter; the system page says why a listener could not start.',
      cause,
    });
  });
  socket.on('error', () => undefined).destroy();
  return `${host}:${port}`;
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
