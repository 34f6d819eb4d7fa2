/** What every address of a server must keep to, before anything is sent to it. */
import { BlockList, isIPv6 } from 'node:net';
import { AppError } from '../engine/contract/errors.ts';

const PASSWORD_IN_ADDRESS = /^[a-z0-9+.-]+:\/\/[^/?#]*:[^/?#]*@/i;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** STORE_PASSWORD_IN_ADDRESS (input): addresses are settings, and settings are shown; passwords lie in files. */
export function refusePassword(address: string): void {
  if (!PASSWORD_IN_ADDRESS.test(address)) return;
  throw new AppError('STORE_PASSWORD_IN_ADDRESS', 'input', 'The address of a server holds a password.', {
    fix: 'Take it out of the address, and point KQ_STORE_PASSWORD_FILE or KQ_SHARED_PASSWORD_FILE to a file that holds it.',
  });
}

/** STORE_NOT_ENCRYPTED (input) for a connection without TLS that leaves this machine. `hosts` without ports. */
export function refusePlainConnection(hosts: readonly string[], fix: string): void {
  const host = hosts.find((name) => !isLoopback(name));
  if (host === undefined) return;
  throw new AppError('STORE_NOT_ENCRYPTED', 'input', `The connection to ${host} would not be encrypted.`, { values: { host }, fix });
}

/**
 * STORE_INCOMPATIBLE (input): a server that answers, but is not to be used as it stands. `server`: "PostgreSQL", "Redis" …;
 * `found` and `wanted` in the server's own terms, for example "maxmemory-policy allkeys-lru" and "maxmemory-policy noeviction".
 */
export function incompatible(server: string, found: string, wanted: string, fix: string): AppError {
  return new AppError('STORE_INCOMPATIBLE', 'input', `${server} cannot be used as it stands: it has ${found}, and needs ${wanted}.`, {
    values: { server, found, wanted },
    fix,
  });
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  if (name === 'localhost') return true;
  return loopback.check(name, isIPv6(name) ? 'ipv6' : 'ipv4');
}
