/** How nodes reach the broker of their adapter. */
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { outsidePrefix } from './administration/errors.ts';
import type { Server, Target } from './brokers/broker.ts';
import { BROKERS } from './brokers.ts';
import { MessagingSettings } from './settings.ts';

/** What a connection needs of the context of an action, a trigger or a connection test. */
export type MessagingContext = Pick<NodeContext<unknown>, 'adapter' | 'outbound' | 'clock' | 'secret'>;

export interface Reached {
  readonly settings: MessagingSettings;
  readonly target: Target;
  /** Absent if the broker demands no login. */
  readonly credential: string | undefined;
}

/** Rejects with ADAPTER_SETTINGS_WRONG, MESSAGING_CREDENTIAL or MESSAGING_TLS_REQUIRED (input). */
export async function targetOf(ctx: MessagingContext): Promise<Reached> {
  const settings = readSettings(ctx.adapter!, MessagingSettings);
  const { tls, virtualHost, addressForm } = settings;
  const servers = serversOf(settings);
  requireTls(settings, servers);
  const credential = settings.login === 'none' ? undefined : await ctx.secret();
  const { adapterId, limits } = ctx.adapter!;
  const target: Target = {
    servers,
    virtualHost,
    ...(addressForm === undefined ? {} : { addressForm }),
    login: settings.login === 'none' ? undefined : { mechanism: settings.login, ...readCredential(credential!) },
    tls,
    connectTimeoutMs: limits.connectTimeoutMs,
    timeoutMs: limits.timeoutMs,
    outbound: ctx.outbound,
    clock: ctx.clock,
    clientName: `kangqiao ${adapterId}`,
  };
  return { settings, target, credential };
}

export function serversOf({ broker, servers, tls }: MessagingSettings): readonly Server[] {
  const usualPort = tls === undefined ? BROKERS[broker].port : BROKERS[broker].tlsPort;
  return servers.map(({ host, port = usualPort }) => ({ host, port }));
}

/** Throws MESSAGING_TLS_REQUIRED (input) if a connection to one of the servers would be in plain text without permission. */
export function requireTls({ tls, allowPlain }: MessagingSettings, servers: readonly { readonly host: string }[]): void {
  if (tls !== undefined || allowPlain === true || servers.every(({ host }) => isLoopback(host))) return;
  throw new AppError('MESSAGING_TLS_REQUIRED', 'input', 'This adapter would send patient data unencrypted.', {
    fix: 'Set tls in its settings; or allowPlain, if the broker does not support TLS and is in the same protected network.',
  });
}

/** Throws BROKER_NAME_PREFIX (input) if a queue or topic is outside what the adapter may use (decision 0070). */
export function requireWithin(namePrefix: string | undefined, ...destinations: readonly string[]): void {
  if (namePrefix === undefined) return;
  for (const destination of destinations) {
    const name = destination.replace(FORM, '');
    // ActiveMQ takes a list of destinations in one name.
    if (!name.startsWith(namePrefix) || name.includes(',')) throw outsidePrefix(namePrefix);
  }
}

/** How brokers write what kind of destination a name is. */
const FORM = /^(?:\/exchange\/|\/amq\/queue\/|\/queue\/|\/topic\/|queue:\/\/|topic:\/\/)/;

function readCredential(credential: string): { readonly user: string; readonly password: string } {
  const colon = credential.indexOf(':');
  if (colon > 0) return { user: credential.slice(0, colon), password: credential.slice(colon + 1) };
  throw new AppError('MESSAGING_CREDENTIAL', 'input', 'The credential of the adapter is not user:password.', {
    fix: 'Store it in this form.',
  });
}
