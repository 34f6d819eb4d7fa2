/** Tests the connection of a database adapter: host name, connection with TLS and login, readable tables. Changes nothing. */
import type { Health, ProbeContext } from '../../engine/contract/node/node.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { Connection } from './drivers/driver.ts';
import { ENGINES } from './drivers/drivers.ts';
import { connectFailed } from './drivers/errors.ts';
import { DatabaseSettings } from './settings.ts';
import { openConnection } from './use-connection.ts';

export async function probeDatabase(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  let connection: Connection | undefined;
  try {
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => readSettings(ctx.adapter, DatabaseSettings).engine);
    if (ctx.adapter.settings['host'] !== undefined) await steps.run({ 'zh-CN': '域名解析', en: 'Name' }, () => resolveName(ctx));
    await steps.run({ 'zh-CN': '连接与登录', en: 'Connection and login' }, async () => {
      const { user, database, tls, file } = readSettings(ctx.adapter, DatabaseSettings);
      connection = await openConnection(ctx);
      return file ?? `${user}, ${database}${tls === undefined ? '' : ', TLS'}`;
    });
    await steps.run({ 'zh-CN': '可读的表与视图', en: 'Readable tables and views' }, () => countTables(connection!, ctx));
    return steps.health();
  } finally {
    connection?.close();
  }
}

async function resolveName({ adapter, outbound }: ProbeContext): Promise<string> {
  const settings = readSettings(adapter, DatabaseSettings);
  const { port = ENGINES[settings.engine].port ?? 0 } = settings;
  const host = settings.host!;
  try {
    return (await outbound.resolve(host, port))[0]!.address;
  } catch (cause) {
    throw connectFailed({ host, port }, cause);
  }
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
