/**
 * Limits where connections to other systems may go. Every driver checks before it connects: docs/decisions/0046. Runs
 * in a browser too.
 */
import { AppError } from '../values/errors.ts';

export interface ConnectAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Why an address is refused unless it is listed. The name selects the text (`OUTBOUND_REFUSED/…` in
 * engine/contract/error-texts).
 */
export type RefusedClass = 'loopback' | 'link-local' | 'metadata' | 'multicast' | 'unspecified' | 'translated' | 'own-port';

/** An allowed exception, as processes and gateways keep it in memory. */
export interface ListedTarget {
  /** A name as adapters write it, an address, or a CIDR range. */
  readonly host: string;
  /** Absent: any port. */
  readonly port?: number;
  /** For a name: the address classes it may resolve to. Absent: all of them, because the process settings list it. */
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
   * Returns the allowed addresses of a host (a name or an address) at this port, in DNS order. OUTBOUND_REFUSED
   * (input) if there is none; DNS errors pass through.
   */
  resolve(host: string, port: number): Promise<readonly ConnectAddress[]>;
  /** OUTBOUND_REFUSED (input) if any of its addresses is refused. For a driver that resolves the name itself. */
  requireAll(host: string, port: number): Promise<void>;
  /**
   * For a socket that connects to a name: it gets only addresses checked at that moment. A socket that connects to an
   * address does no lookup, so call `resolve` before.
   */
  lookup(port: number): GuardedLookup;
}

/**
 * Guards an undici connector. Pass `guard.lookup(port)` to the connector itself, which covers names. This function
 * covers addresses, each time a connection is opened.
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

/** OUTBOUND_URL (input) if the URL cannot be connected to. */
export function outboundUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  // Show the host only: a path or the user part may contain a token.
  const [, host = text] = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(text) ?? [];
  throw new AppError('OUTBOUND_URL', 'input', `${host} is no host with a port that can be connected to.`, {
    values: { host },
    fix: 'Write a host name, an IPv4 address or an IPv6 address in brackets, and a port up to 65535, without % and zone.',
  });
}

/** The target of an http or https URL; an IPv6 address has no brackets. OUTBOUND_URL (input). */
export function targetOfUrl(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = outboundUrl(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
