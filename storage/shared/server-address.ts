/** Checks for server addresses. They run before anything is sent to the server. */
import { resolveSrv } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { AppError } from '../../engine/contract/values/errors.ts';

const PASSWORD_IN_ADDRESS = /^[a-z0-9+.-]+:\/\/[^/?#]*:[^/?#]*@/i;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Throws STORE_PASSWORD_IN_ADDRESS (input) if the address contains a password. Addresses are settings and settings
 * are displayed, so passwords belong in files.
 */
export function refusePassword(address: string): void {
  if (!PASSWORD_IN_ADDRESS.test(address)) return;
  throw new AppError('STORE_PASSWORD_IN_ADDRESS', 'input', 'The address of a server contains a password.', {
    fix: 'Remove it from the address, and point KQ_STORE_PASSWORD_FILE or KQ_SHARED_PASSWORD_FILE to a file that contains it.',
  });
}

/**
 * Parameters that an address from the API may contain. Other parameters could name files or programs of this machine.
 */
const HARMLESS: ReadonlySet<string> = new Set(
  [
    ...['replicaSet', 'tls', 'ssl', 'authSource', 'directConnection', 'loadBalanced', 'srvMaxHosts', 'srvServiceName', 'w', 'journal'],
    ...['retryWrites', 'retryReads', 'readPreference', 'maxPoolSize', 'minPoolSize', 'connectTimeoutMS', 'serverSelectionTimeoutMS'],
    ...['schema', 'sslmode'],
  ].map((name) => name.toLowerCase()),
);
const SERVER = /^(mongodb(?:\+srv)?|postgres(?:ql)?|rediss?):\/\/(?:[^@/?#]*@)?([^/?#]*)(?:[/?#]|$)/;
const HOSTS = /^[A-Za-z0-9._:,[\]-]+$/;

/**
 * Throws STORE_ADDRESS (input) unless the address names a server, and no file, socket or program of this machine. It
 * checks addresses that were sent to the running process, because their sender must not get access to files of this
 * machine.
 */
export function requireServer(address: string): void {
  const [, , hosts] = SERVER.exec(address) ?? [];
  if (hosts === undefined || !HOSTS.test(hosts)) throw notOverApi('machine');
  const query = new URLSearchParams(/\?([^#]*)/.exec(address)?.[1] ?? '');
  for (const [name, value] of query) if (!isHarmless(name.toLowerCase(), value)) throw notOverApi('parameter', name);
}

export interface ServerTarget {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { mongodb: 27017, postgres: 5432, postgresql: 5432, redis: 6379, rediss: 6379 };

/**
 * Returns the hosts and ports that the address of a server connects to. For a name with SRV records (RFC 2782), these
 * are the targets that DNS returns now; the list is empty if DNS returns none.
 */
export async function serversOf(address: string, ask = resolveSrv): Promise<readonly ServerTarget[]> {
  const [, scheme = '', hosts = ''] = SERVER.exec(address) ?? [];
  if (scheme !== 'mongodb+srv') return hosts.split(',').map((host) => targetOf(host, DEFAULT_PORTS[scheme]!));
  const service = /[?&]srvServiceName=([^&#]*)/i.exec(address)?.[1] ?? 'mongodb';
  const found = await ask(`_${service}._tcp.${hosts}`).catch(() => []);
  return found.map(({ name, port }) => ({ host: name, port }));
}

function targetOf(text: string, defaultPort: number): ServerTarget {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain, port: port === undefined ? defaultPort : Number(port) };
}

/**
 * Returns whether a parameter is allowed. Authentication mechanisms other than SCRAM read credentials from files or
 * the environment of this machine.
 */
function isHarmless(name: string, value: string): boolean {
  return HARMLESS.has(name) || (name === 'authmechanism' && value.startsWith('SCRAM-'));
}

function notOverApi(problem: 'machine' | 'parameter', parameter = ''): AppError {
  const message =
    problem === 'machine'
      ? 'The running process can move only to a server, not to a folder or socket of this machine.'
      : `An address that is sent to the running process must not have the parameter "${parameter}".`;
  return new AppError('STORE_ADDRESS', 'input', message, {
    values: { problem, parameter },
    fix: 'Use the address of a server; or stop the process and run the move on the machine with --offline.',
  });
}

/** Throws STORE_NOT_ENCRYPTED (input) if a connection without TLS would leave this machine. `hosts` have no ports. */
export function refusePlainConnection(hosts: readonly string[], fix: string): void {
  const host = hosts.find((name) => !isLoopback(name));
  if (host === undefined) return;
  throw new AppError('STORE_NOT_ENCRYPTED', 'input', `The connection to ${host} would not be encrypted.`, { values: { host }, fix });
}

/**
 * Returns STORE_INCOMPATIBLE (input) for a server that responds but cannot be used with its present version or
 * settings. `server` is for example "PostgreSQL". `found` and `wanted` use the server's own terms, for example
 * "maxmemory-policy allkeys-lru" and "maxmemory-policy noeviction".
 */
export function incompatible(server: string, found: string, wanted: string, fix: string): AppError {
  return new AppError(
    'STORE_INCOMPATIBLE',
    'input',
    `${server} cannot be used in its current state: it has ${found}, but needs ${wanted}.`,
    {
      values: { server, found, wanted },
      fix,
    },
  );
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  if (name === 'localhost') return true;
  return loopback.check(name, isIPv6(name) ? 'ipv6' : 'ipv4');
}
