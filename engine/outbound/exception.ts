/** An exception to the outbound rules, as the security administrator lists it. */
import { type BlockList, isIP } from 'node:net';
import { Type, type Static } from 'typebox';
import { isIpRange } from '../contract/calls/ip-range.ts';
import type { ListedTarget, RefusedClass } from '../contract/node/outbound-guard.ts';
import { blockListOf, embeddedIpv4, withoutZone } from './address-class.ts';

export const OutboundTarget = Type.Object(
  {
    /** A name as adapters write it, an address, or a range in CIDR form. */
    host: Type.String({ minLength: 1, maxLength: 255 }),
    /** If absent, the exception applies to any port. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  },
  { additionalProperties: false },
);
export type OutboundTarget = Static<typeof OutboundTarget>;

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/i;

/** Returns whether the text is a name, an address or a range. */
export function isOutboundHost(host: string): boolean {
  return isIpRange(host) || (NAME.test(host) && !/^[\d.]+$/.test(host));
}

/** Parses `host`, `host:port`, `10.0.0.0/8:443`, `[::1]:25` or `fd00::/8`; undefined for other text. */
export function readOutboundTarget(text: string): OutboundTarget | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+|[^[\]]*:[^[\]]*:[^[\]]*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  // Without brackets every colon belongs to the address.
  const isPlainV6 = plain !== undefined && text.split(':').length > 2 && bracketed === undefined;
  const host = isPlainV6 ? text : (bracketed ?? plain ?? '');
  const number = isPlainV6 || port === undefined ? undefined : Number(port);
  if (!isOutboundHost(host) || (number !== undefined && (number < 1 || number > 65_535))) return undefined;
  return number === undefined ? { host } : { host, port: number };
}

/** Formats a target as text: `10.0.0.0/8:443`, `[::1]:25`. */
export function showOutboundTarget({ host, port }: OutboundTarget): string {
  if (port === undefined) return host;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Returns whether an exception allows this connection. `host` is the adapter's text, `address` the resolved address,
 * `refused` the reason for refusing it without an exception.
 */
export type MatchException = (host: string, address: string, port: number, refused: RefusedClass) => boolean;

interface Compiled {
  readonly names: ReadonlyMap<string, readonly ListedTarget[]>;
  readonly ranges: BlockList;
}

export function compileExceptions(targets: readonly ListedTarget[]): MatchException {
  const byPort = new Map<number | undefined, Compiled>();
  for (const [port, listed] of Map.groupBy(targets, (target) => target.port)) {
    byPort.set(port, {
      names: Map.groupBy(
        listed.filter(({ host }) => !isIpRange(host)),
        ({ host }) => nameOf(host),
      ),
      ranges: blockListOf(listed.map(({ host }) => host).filter(isIpRange)),
    });
  }
  return (host, address, port, refused) =>
    [byPort.get(port), byPort.get(undefined)].some(
      (listed) =>
        listed !== undefined &&
        (listed.names.get(nameOf(host))?.some(({ opens }) => opens?.includes(refused) ?? true) === true ||
          isWithin(listed.ranges, address)),
    );
}

function isWithin(ranges: BlockList, address: string): boolean {
  const plain = withoutZone(address);
  const inner = embeddedIpv4(plain);
  return ranges.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6') || (inner !== undefined && ranges.check(inner, 'ipv4'));
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
