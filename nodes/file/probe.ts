/** Tests the connection of a file adapter: host name, connection and login, the folder. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/node.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import { readSettings } from '../shared/read-settings.ts';
import { FileSettings } from './stores/settings.ts';
import { connectFailed } from './stores/errors.ts';
import type { FileStore } from './stores/store.ts';
import { openStore, portOf } from './use-store.ts';

export async function probeFiles(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  let store: FileStore | undefined;
  const onAbort = () => store?.close();
  ctx.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, FileSettings).kind);
    if (ctx.adapter.settings['host'] !== undefined) await steps.run({ 'zh-CN': '域名解析', en: 'Name' }, () => resolveName(ctx));
    await steps.run({ 'zh-CN': '连接与登录', en: 'Connection and login' }, async () => {
      const { user = '', tls } = readSettings(ctx.adapter, FileSettings);
      store = await openStore(ctx);
      return tls === undefined ? user : `${user}, TLS`;
    });
    await steps.run({ 'zh-CN': '目录中的条目', en: 'Entries of the folder' }, async () => String((await store!.list('')).length));
    return steps.health();
  } finally {
    ctx.signal.removeEventListener('abort', onAbort);
    store?.close();
  }
}

async function resolveName({ adapter, outbound }: ProbeContext): Promise<string> {
  const settings = readSettings(adapter, FileSettings);
  const target = { host: settings.host!, port: portOf(settings) ?? 0 };
  try {
    return (await outbound.resolve(target.host, target.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(target, cause);
  }
}
