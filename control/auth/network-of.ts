import { isIPv6 } from 'node:net';

/** Whom tries are counted of: an IPv4 address as it is; of an IPv6 address its /64, since whoever has one has all of them. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.toLowerCase().startsWith('::ffff:')) return address;
  const [written = ''] = address.split('%');
  // The one way of writing it (RFC 5952), in brackets.
  const canonical = new URL(`http://[${written}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
