/**
 * Tests the connection of an MLLP adapter: it resolves the host name, connects, and starts TLS. It sends no message,
 * since the receiver would treat it as a real one.
 */
import { networkInterfaces } from 'node:os';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { runProbe } from '../shared/probe/run-probe.ts';
import { readSettings } from '../shared/read-settings.ts';
import { connect, connectFailed } from './connect.ts';
import { ListenSettings, SendSettings } from './settings.ts';

export function probeMllp(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'binary', async (ctx, steps) => {
    if (isListener(ctx)) {
      await steps.run({ 'zh-CN': '监听', en: 'Listening' }, () => reachListener(ctx));
      return;
    }
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, SendSettings).host);
    await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, () => resolveName(ctx, readSettings(ctx.adapter, SendSettings)));
    const servers = () => [readSettings(ctx.adapter, SendSettings)];
    await steps.logIn({ 'zh-CN': '可以发送', en: 'Ready to send' }, { servers, failed: connectFailed }, () => openAndClose(ctx));
  });
}

/**
 * Returns whether the adapter only receives. If so, there is no remote address, and the test connects to the platform's
 * own listener.
 */
function isListener({ adapter }: ProbeContext): boolean {
  return adapter.settings['host'] === undefined && adapter.settings['listen'] !== undefined;
}

async function reachListener(ctx: ProbeContext): Promise<string> {
  const { host, port } = readSettings(ctx.adapter, ListenSettings).listen!;
  const settings = { host: host === '0.0.0.0' || host === '::' ? 'localhost' : host, port, allowPlain: true };
  const { signal, clock, adapter } = ctx;
  const options = { settings, timeoutMs: adapter.limits.connectTimeoutMs, outbound: undefined, signal, clock, credential: undefined };
  const reached = isThisMachine(settings.host) ? connect(options) : Promise.reject(new Error('not an address of this machine'));
  const socket = await reached.catch((cause: unknown) => {
    throw new AppError('MLLP_NOT_LISTENING', 'transient', `Nothing listens at ${host}:${port}.`, {
      values: { host, port },
      fix: 'Publish a flow that listens with this adapter; the system page shows why a listener could not start.',
      cause,
    });
  });
  socket.on('error', () => undefined).destroy();
  return `${host}:${port}`;
}

/**
 * Returns whether the host is an address of this machine. The platform's listener can only be on this machine, so the
 * test must not contact other machines.
 */
function isThisMachine(host: string): boolean {
  if (isLoopback(host)) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host) === true);
}

async function resolveName({ outbound }: ProbeContext, settings: SendSettings): Promise<string> {
  try {
    return (await outbound.resolve(settings.host, settings.port))[0]!.address;
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
    outbound: ctx.outbound,
    signal: ctx.signal,
    clock: ctx.clock,
    credential,
  });
  socket.on('error', () => undefined).destroy();
  return `${settings.host}:${settings.port}`;
}
