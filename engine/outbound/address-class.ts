import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { RefusedClass } from '../contract/node/outbound-guard.ts';

/**
 * IANA ranges (RFC 6890), and the addresses where clouds serve machine metadata, including credentials. The first
 * match wins.
 */
const CLASSES: readonly (readonly [RefusedClass, readonly string[]])[] = [
  ['metadata', ['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']],
  ['unspecified', ['0.0.0.0/8', '::']],
  ['loopback', ['127.0.0.0/8', '::1']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', '255.255.255.255', 'ff00::/8']],
  // Reserved (RFC 1112): no system uses them.
  ['unspecified', ['240.0.0.0/4']],
  // NAT64 of the local network (RFC 8215) and Teredo (RFC 4380): only the translator knows which IPv4 address it maps
  // to.
  ['translated', ['64:ff9b:1::/48', '2001::/32']],
];
const LISTS = CLASSES.map(([name, ranges]) => [name, blockListOf(ranges)] as const);

/**
 * Returns why an address is refused; undefined if the address is in no refused range. An IPv4 address embedded in an
 * IPv6 one is checked as that IPv4 address.
 */
export function refusedClass(address: string): Exclude<RefusedClass, 'own-port'> | undefined {
  const plain = withoutZone(address);
  for (const form of [plain, embeddedIpv4(plain)]) {
    if (form === undefined) continue;
    const found = LISTS.find(([, list]) => list.check(form, isIPv4(form) ? 'ipv4' : 'ipv6'));
    if (found !== undefined) return found[0] as Exclude<RefusedClass, 'own-port'>;
  }
  return undefined;
}

/** Removes the zone: returns `fe80::1` for `fe80::1%eth0`. */
export function withoutZone(address: string): string {
  return address.split('%', 1)[0]!;
}

export function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * Returns the IPv4 address embedded in an IPv6 one: mapped (RFC 4291, 2.5.5.2), compatible (2.5.5.1), translated (RFC
 * 2765), NAT64 (RFC 6052), ISATAP (RFC 5214, 6.1) and 6to4 (RFC 3056).
 */
export function embeddedIpv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const at = (first: number) => [groups[first]! >> 8, groups[first]! & 255, groups[first + 1]! >> 8, groups[first + 1]! & 255].join('.');
  const head = groups.slice(0, 6).join(':');
  if (['0:0:0:0:0:65535', '0:0:0:0:65535:0', '100:65435:0:0:0:0'].includes(head)) return at(6);
  // `::` and `::1` contain no IPv4 address; they have their own meaning in IPv6.
  if (head === '0:0:0:0:0:0') return groups[6] === 0 && groups[7]! <= 1 ? undefined : at(6);
  if ((groups[4]! & 0xfdff) === 0 && groups[5] === 0x5efe) return at(6);
  return groups[0] === 0x2002 ? at(1) : undefined;
}

/** Returns the eight groups as numbers. */
function groupsOf(address: string): number[] {
  // The canonical form (RFC 5952), without dotted parts.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}
