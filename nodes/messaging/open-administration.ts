/** Opens the administration of the broker behind an adapter, limited to what the adapter may see (decision 0070). */
import {
  notAdministered,
  type BrokerAdministration,
  type BrokerScope,
  type WithoutReason,
} from '../../engine/contract/node/broker-administration.ts';
import type { ProbeContext } from '../../engine/contract/node/probe.ts';
import { ADMINISTRATIONS } from './administration/administrations.ts';
import { withinPrefix } from './administration/within-prefix.ts';
import { BROKERS } from './brokers.ts';
import { readSettings } from '../shared/read-settings.ts';
import { MessagingSettings } from './settings.ts';
import { requireTls, targetOf } from './target.ts';

const MANAGEMENT_PORT = 15_672;
const MANAGEMENT_TLS_PORT = 15_671;

export async function openAdministration(ctx: ProbeContext): Promise<BrokerAdministration> {
  const without = withoutReason(readSettings(ctx.adapter, MessagingSettings));
  if (without !== undefined) throw notAdministered(without);
  const { settings, target } = await targetOf(ctx);
  const management = managementOf(settings);
  if (management !== undefined) requireTls(settings, [management]);
  const { open } = await ADMINISTRATIONS[settings.broker]!.load();
  const limitBytes = ctx.adapter.limits.maxResponseBytes;
  const whole = open({ target: { ...target, signal: ctx.signal }, management, limitBytes });
  return settings.namePrefix === undefined ? whole : withinPrefix(whole, settings.namePrefix);
}

export function scopeOf(settings: MessagingSettings): BrokerScope {
  const { broker, servers, tls, virtualHost, namePrefix } = settings;
  const without = withoutReason(settings);
  const usualPort = tls === undefined ? BROKERS[broker].port : BROKERS[broker].tlsPort;
  return {
    broker,
    servers: servers.map(({ host, port = usualPort }) => `${host}:${port}`),
    ...(broker === 'rabbitmq' ? { virtualHost: virtualHost ?? '/' } : {}),
    ...(namePrefix === undefined ? {} : { namePrefix }),
    ...(without === undefined ? {} : { without }),
  };
}

export function managementOf({ management, servers, tls }: MessagingSettings): { host: string; port: number } | undefined {
  if (management === undefined) return undefined;
  const { host = servers[0]!.host, port = tls === undefined ? MANAGEMENT_PORT : MANAGEMENT_TLS_PORT } = management;
  return { host, port };
}

/** A change of the settings needs the right to manage credentials only if there is one, so without a login nobody decides on the scope. */
function withoutReason({ broker, management, login }: MessagingSettings): WithoutReason | undefined {
  const kind = ADMINISTRATIONS[broker];
  if (kind === undefined) return 'unsupported';
  if (kind.needsManagement && management === undefined) return 'management';
  return login === 'none' ? 'login' : undefined;
}
