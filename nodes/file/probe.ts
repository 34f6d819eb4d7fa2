/** Tests the connection of a file adapter: host name, connection and login, the folder. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { runProbe, type ProbeServer } from '../shared/probe/run-probe.ts';
import { readSettings } from '../shared/read-settings.ts';
import { FileSettings } from './stores/settings.ts';
import { connectFailed } from './stores/errors.ts';
import type { FileStore } from './stores/store.ts';
import { openStore, portOf } from './use-store.ts';

export function probeFiles(given: ProbeContext): Promise<Health> {
  return runProbe(given, given.adapter.settings['kind'] === 'sftp' ? 'ssh' : 'lines', async (ctx, steps) => {
    let store: FileStore | undefined;
    const onAbort = () => store?.close();
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    try {
      await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, FileSettings).kind);
      if (ctx.adapter.settings['host'] !== undefined)
        await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, () => resolveName(ctx));
      await steps.logIn({ 'zh-CN': '登录', en: 'Login' }, { servers: () => [serverOf(ctx)], failed: connectFailed }, async () => {
        store = await openStore(ctx);
        return readSettings(ctx.adapter, FileSettings).user ?? '';
      });
      await steps.run({ 'zh-CN': '目录中的条目', en: 'Entries of the folder' }, async () => String((await store!.list('')).length));
    } finally {
      ctx.signal.removeEventListener('abort', onAbort);
      store?.close();
    }
  });
}

async function resolveName(ctx: ProbeContext): Promise<string> {
  const server = serverOf(ctx);
  try {
    return (await ctx.outbound.resolve(server.host, server.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(server, cause);
  }
}

function serverOf({ adapter }: ProbeContext): ProbeServer {
  const settings = readSettings(adapter, FileSettings);
  const { host = '', tls } = settings;
  return { host, port: portOf(settings) ?? 0, tls: tls?.mode === 'implicit' ? tls : undefined };
}
