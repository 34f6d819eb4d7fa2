/**
 * Limits where connections to other systems may go. Every driver calls the guard before it connects
 * (docs/decisions/0046). Runs in a browser too.
 */
import { AppError } from '../values/errors.ts';

export interface ConnectAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * The classes of addresses that are refused unless the target is listed as allowed. The name of the class selects the
 * error text (`OUTBOUND_REFUSED/…` in engine/contract/error-texts).
 */
export type RefusedClass = 'loopback' | 'link-local' | 'metadata' | 'multicast' | 'unspecified' | 'translated' | 'own-port';

/** A target that is allowed although its address class is refused. Processes and gateways keep the list in memory. */
export interface ListedTarget {
  /** A host name exactly as adapters write it, an address, or a CIDR range. */
  readonly host: string;
  /** The allowed port; absent if every port is allowed. */
  readonly port?: number;
  /**
   * For a host name: the address classes it may resolve to. Absent if all classes are allowed, because the name is
   * listed in the process settings.
   */
  readonly opens?: readonly RefusedClass[];
}

/** The lookup function that `node:net` expects. */
export type GuardedLookup = (
  host: string,
  options: { readonly all?: boolean | undefined; readonly family?: number | string | undefined },
  done: (error: Error | null, address: string | { address: string; family: number }[], family?: number) => void,
) => void;

export interface OutboundGuard {
  /**
   * Returns the allowed addresses of a host (a name or an address) at this port, in the order of DNS. Rejects with
   * OUTBOUND_REFUSED (input) if there is none, and with the DNS error if the name cannot be resolved.
   */
  resolve(host: string, port: number): Promise<readonly ConnectAddress[]>;
  /**
   * Rejects with OUTBOUND_REFUSED (input) if any address of the host is refused. For a driver that resolves the name
   * itself.
   */
  requireAll(host: string, port: number): Promise<void>;
  /**
   * Returns the lookup function for a socket that connects to a host name: the socket gets only addresses that were
   * checked at that moment. A socket that connects to an address does no lookup, so call `resolve` first.
   */
  lookup(port: number): GuardedLookup;
}

/**
 * Returns a connector that checks each connection before it calls undici's connector `connect`. It checks only hosts
 * that are given as addresses. Host names are checked by `guard.lookup(port)`, which the caller must pass to undici's
 * connector.
 */
export function guardConnector<Given extends { readonly hostname: string }, Done extends (error: Error, socket: null) => void>(
  guard: OutboundGuard,
  port: number,
  connect: (given: Given, done: Done) => void,
): (given: Given, done: Done) => void {
  return (given, done) => {
    const host = given.hostname.replace(/^\[|\]$/g, '');
    if (!isAddress(host)) return connect(given, done);
    guard.resolve(host, port).then(
      () => connect(given, done),
      (error: unknown) => done(error as Error, null),
    );
  };
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** Parses the URL. Throws OUTBOUND_URL (input) if it is not a URL. */
export function outboundUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  // Show the host only: a path or the user part may contain a token.
  const [, host = text] = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(text) ?? [];
  throw new AppError('OUTBOUND_URL', 'input', `${host} is not a host and port that can be connected to.`, {
    values: { host },
    fix: 'Write a host name, an IPv4 address or an IPv6 address in brackets, and a port up to 65535, without % and zone.',
  });
}

/**
 * Returns the host and port of an http or https URL, an IPv6 address without brackets. Throws OUTBOUND_URL (input) if
 * it is not a URL.
 */
export function targetOfUrl(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = outboundUrl(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
