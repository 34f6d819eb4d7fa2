/** Tests the connection of a messaging adapter: names of the servers, connection, TLS, login. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { namingPeer, peerOf } from '../shared/at-peer.ts';
import { runProbe } from '../shared/probe/run-probe.ts';
import type { WireFormat } from '../shared/probe/wire-formats.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { Server } from './brokers/broker.ts';
import { BROKERS, type BrokerName } from './brokers.ts';
import { connectFailed } from './brokers/errors.ts';
import { MessagingSettings } from './settings.ts';
import { requireTls, serversOf, targetOf } from './target.ts';

export function probeMessaging(given: ProbeContext): Promise<Health> {
  return runProbe(given, wireOf(given), async (ctx, steps) => {
    const settings = () => readSettings(ctx.adapter, MessagingSettings);
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => {
      requireTls(settings(), settings().servers);
      return settings().broker;
    });
    await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, async () => {
      const addresses: string[] = [];
      for (const server of serversOf(settings())) addresses.push(await resolveName(ctx, server));
      return addresses.join(', ');
    });
    const servers = () => serversOf(settings()).map((server) => ({ ...server, tls: settings().tls }));
    await steps.logIn({ 'zh-CN': '登录', en: 'Login' }, { servers, failed: connectFailed }, async () => {
      const { target } = await targetOf(ctx);
      const broker = await BROKERS[settings().broker].load();
      return namingPeer(peerOf('MESSAGING', ...target.servers), () => broker.describe({ ...target, signal: ctx.signal }));
    });
  });
}

/** Unknown settings are reported by the first step. */
function wireOf({ adapter }: ProbeContext): WireFormat {
  return BROKERS[adapter.settings['broker'] as BrokerName]?.wire ?? 'binary';
}

async function resolveName({ outbound }: ProbeContext, server: Server): Promise<string> {
  try {
    return (await outbound.resolve(server.host, server.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(server, cause);
  }
}
