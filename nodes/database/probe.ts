/** Tests the connection of a database adapter: host name, connection, TLS, login, readable tables. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { runProbe, type ProbeServer } from '../shared/probe/run-probe.ts';
import type { WireFormat } from '../shared/probe/wire-formats.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { Connection } from './drivers/driver.ts';
import { ENGINES, type EngineName } from './engines.ts';
import { connectFailed } from './drivers/errors.ts';
import { DatabaseSettings } from './settings.ts';
import { openConnection } from './use-connection.ts';

export function probeDatabase(given: ProbeContext): Promise<Health> {
  return runProbe(given, wireOf(given), async (ctx, steps) => {
    let connection: Connection | undefined;
    try {
      await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, DatabaseSettings).engine);
      if (ctx.adapter.settings['host'] !== undefined)
        await steps.run({ 'zh-CN': '域名解析', en: 'Name lookup (DNS)' }, () => resolveName(ctx));
      await steps.logIn({ 'zh-CN': '登录', en: 'Login' }, { servers: () => [serverOf(ctx)], failed: connectFailed }, async () => {
        const { user, database, file } = readSettings(ctx.adapter, DatabaseSettings);
        connection = await openConnection(ctx);
        return file ?? `${user}, ${database}`;
      });
      await steps.run({ 'zh-CN': '可读的表与视图', en: 'Readable tables and views' }, () => countTables(connection!, ctx));
    } finally {
      connection?.close();
    }
  });
}

/** Unknown settings are reported by the first step. */
function wireOf({ adapter }: ProbeContext): WireFormat {
  return ENGINES[adapter.settings['engine'] as EngineName]?.wire ?? 'binary';
}

async function resolveName(ctx: ProbeContext): Promise<string> {
  const server = serverOf(ctx);
  try {
    return (await ctx.outbound.resolve(server.host, server.port))[0]!.address;
  } catch (cause) {
    throw connectFailed(server, cause);
  }
}

/** Only Oracle starts TLS with the connection. */
function serverOf({ adapter }: ProbeContext): ProbeServer {
  const { engine, host = '', port, tls } = readSettings(adapter, DatabaseSettings);
  return { host, port: port ?? ENGINES[engine].port ?? 0, tls: engine === 'oracle' ? tls : undefined };
}

async function countTables(connection: Connection, { signal }: ProbeContext): Promise<string> {
  const onAbort = () => connection.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const columns = await connection.columns();
    return String(new Set(columns.map(({ schema, table }) => JSON.stringify([schema, table]))).size);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
