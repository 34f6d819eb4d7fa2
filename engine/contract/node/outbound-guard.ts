/** Where connections to other systems may go. Every driver asks before it connects: docs/decisions/0046. Runs in a browser too. */
import { AppError } from '../values/errors.ts';

export interface ConnectAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Why an address is refused unless it is listed; the name chooses the text (`OUTBOUND_REFUSED/…` in engine/contract/error-texts). */
export type RefusedClass = 'loopback' | 'link-local' | 'metadata' | 'multicast' | 'unspecified' | 'translated' | 'own-port';

/** An exception, as processes and gateways hold it in memory. */
export interface ListedTarget {
  /** A name as adapters write it, an address, or a range in CIDR form. */
  readonly host: string;
  /** Absent: any. */
  readonly port?: number;
  /** Of a name: the classes of addresses that it opens. Absent: all of them, as the settings of the process say. */
  readonly opens?: readonly RefusedClass[];
}

/** As `lookup` of `node:net` wants it. */
export type GuardedLookup = (
  host: string,
  options: { readonly all?: boolean | undefined; readonly family?: number | string | undefined },
  done: (error: Error | null, address: string | { address: string; family: number }[], family?: number) => void,
) => void;

export interface OutboundGuard {
  /**
   * The addresses of a host (a name or an address) that may be connected to at this port, in the order of DNS. OUTBOUND_REFUSED (input)
   * when there is none; errors of DNS as they come.
   */
  resolve(host: string, port: number): Promise<readonly ConnectAddress[]>;
  /** OUTBOUND_REFUSED (input) when any of its addresses is refused: for a driver that looks the name up by itself. */
  requireAll(host: string, port: number): Promise<void>;
  /**
   * For a socket that connects to a name: it only learns addresses that were checked in the same moment. A socket that connects to an
   * address looks up nothing: call `resolve` before.
   */
  lookup(port: number): GuardedLookup;
}

/**
 * Guards a connector of undici. Hand `guard.lookup(port)` to the connector itself, which covers names; this covers addresses, each time a
 * connection is opened.
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

/** OUTBOUND_URL (input) where no connection can be made from it. */
export function outboundUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  // A path or a user's part may hold a token.
  const [, host = text] = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(text) ?? [];
  throw new AppError('OUTBOUND_URL', 'input', `${host} is no host with a port that can be connected to.`, {
    values: { host },
    fix: 'Write a host name, an IPv4 address or an IPv6 address in brackets, and a port up to 65535, without % and zone.',
  });
}

/** Where an http or https URL leads to; an IPv6 address stands without its brackets. OUTBOUND_URL (input). */
export function targetOfUrl(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = outboundUrl(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
