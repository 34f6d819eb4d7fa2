/** Tests the connection of a messaging adapter: names of the servers, connection with TLS and login. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/node.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import type { Server } from './brokers/broker.ts';
import { BROKERS } from './brokers/brokers.ts';
import { connectFailed } from './brokers/errors.ts';
import { targetOf, type Reached } from './target.ts';

export async function probeMessaging(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  let reached!: Reached;
  await steps.run({ 'zh-CN': '设置', en: 'Settings' }, async () => {
    reached = await targetOf(ctx);
    return reached.settings.broker;
  });
  await steps.run({ 'zh-CN': '域名解析', en: 'Names' }, async () => {
    const addresses: string[] = [];
    for (const server of reached.target.servers) addresses.push(await resolveName(ctx, server));
    return addresses.join(', ');
  });
  await steps.run({ 'zh-CN': '连接与登录', en: 'Connection and login' }, async () => {
    const { settings, target } = reached;
    const about = await (await BROKERS[settings.broker].load()).describe({ ...target, signal: ctx.signal });
    return settings.tls === undefined ? about : `${about}, TLS`;
  });
  return steps.health();
}

async function resolveName({ outbound }: ProbeContext, server: Server): Promise<string> {
  try {
    return (await outbound.resolve(server.host, server.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(server, cause);
  }
}
