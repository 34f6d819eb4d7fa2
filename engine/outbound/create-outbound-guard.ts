import { lookup as lookUp } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError } from '../contract/values/errors.ts';
import type { ConnectAddress, OutboundGuard, RefusedClass } from '../contract/node/outbound-guard.ts';
import { blockListOf, embeddedIpv4, refusedClass, withoutZone } from './address-class.ts';
import type { MatchException } from './exception.ts';

export interface OutboundGuardDeps {
  /**
   * Returns whether an exception allows a connection. Asked for each connection, so a changed exception applies from
   * the next connection on.
   */
  readonly isExcepted: MatchException;
  /** Ports the platform listens on at the addresses of this machine. */
  readonly ownPorts?: ReadonlySet<number>;
  /** Replaces `node:dns/promises` in tests. */
  readonly lookUp?: LookUp;
}

export type LookUp = (host: string, options: { readonly all: true }) => Promise<readonly { address: string; family: number }[]>;

/**
 * Creates the guard. Private ranges are allowed, because hospitals use them. Addresses of this machine, link-local
 * addresses and the metadata addresses of clouds are refused, because services there trust connections by their source
 * address. See docs/decisions/0046.
 */
export function createOutboundGuard(deps: OutboundGuardDeps): OutboundGuard {
  const resolve = async (host: string, port: number): Promise<readonly ConnectAddress[]> => {
    const addresses = await addressesOf(host, deps.lookUp);
    const open = addresses.filter(({ address }) => refusalOf(host, address, port, deps) === undefined);
    if (open.length > 0) return open;
    const { address } = addresses[0]!;
    throw refused(host, address, port, refusalOf(host, address, port, deps)!);
  };
  const requireAll = async (host: string, port: number): Promise<void> => {
    for (const { address } of await addressesOf(host, deps.lookUp)) {
      const problem = refusalOf(host, address, port, deps);
      if (problem !== undefined) throw refused(host, address, port, problem);
    }
  };
  return {
    resolve,
    requireAll,
    lookup: (port) => (host, options, done) => {
      resolve(host, port).then(
        (addresses) => {
          const family = Number(String(options.family ?? 0).replace('IPv', ''));
          const fitting = family === 0 ? addresses : addresses.filter((one) => one.family === family);
          if (options.all === true) return done(null, [...fitting]);
          const [first] = fitting;
          return first === undefined ? done(notFound(host), '') : done(null, first.address, first.family);
        },
        (error: unknown) => done(error as Error, ''),
      );
    },
  };
}

export async function addressesOf(host: string, ask: LookUp = lookUp): Promise<readonly ConnectAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family as 4 | 6 }];
  const found = (await ask(host, { all: true })) as readonly ConnectAddress[];
  if (found.length === 0) throw notFound(host);
  return found;
}

function refusalOf(host: string, address: string, port: number, { isExcepted, ownPorts }: OutboundGuardDeps): RefusedClass | undefined {
  const found = refusedClass(address) ?? (ownPorts?.has(port) === true && isOfThisMachine(address) ? 'own-port' : undefined);
  return found === undefined || isExcepted(host, address, port, found) ? undefined : found;
}

/**
 * Returns the class of an address, without regard to the port. At an address of this machine, only some ports are
 * refused.
 */
export function classOf(address: string): RefusedClass | undefined {
  return refusedClass(address) ?? (isOfThisMachine(address) ? 'own-port' : undefined);
}

/**
 * Returns whether an address belongs to this machine. The address may have any notation: it may be an IPv6 address with
 * an embedded IPv4 address, or be written without `::`.
 */
function isOfThisMachine(address: string): boolean {
  const plain = withoutZone(address);
  const forms = blockListOf(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((own) => withoutZone(own.address))));
  return [plain, embeddedIpv4(plain)].some((form) => form !== undefined && forms.check(form, isIPv4(form) ? 'ipv4' : 'ipv6'));
}

const CLASS_WORDS: Readonly<Record<RefusedClass, string>> = {
  loopback: 'this machine itself',
  'link-local': 'a link-local address',
  metadata: 'the metadata address of the cloud',
  multicast: 'a multicast or broadcast address',
  unspecified: 'not the address of a host',
  translated: 'an address that is translated to another one (such as NAT64)',
  'own-port': 'a port of Kangqiao',
};

function refused(host: string, address: string, port: number, problem: RefusedClass): AppError {
  const written = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const target = host === address ? written : `${host} (${written})`;
  return new AppError('OUTBOUND_REFUSED', 'input', `No connection may go to ${target}: it is ${CLASS_WORDS[problem]}.`, {
    values: { target, problem },
    fix: 'Correct the address. If the system really has this address, ask the security administrator to allow it (System, "Where adapters may connect").',
  });
}

function notFound(host: string): Error {
  return Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
}
