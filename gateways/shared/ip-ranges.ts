import ipaddr from 'ipaddr.js';

/** True when the address lies in one of the ranges. */
export type IpRanges = (address: string) => boolean;

/** Parses addresses and CIDR ranges (IPv4, IPv6); throws on one that is neither. IPv4 in IPv6 notation counts as IPv4. */
export function parseRanges(texts: readonly string[]): IpRanges {
  const ranges = texts.map((text): [ipaddr.IPv4 | ipaddr.IPv6, number] => {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
  return (text) => {
    if (ranges.length === 0 || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range as ipaddr.IPv4 & ipaddr.IPv6, bits));
  };
}

/** Whom an address belongs to: itself, or of IPv6 its /64, of which a caller has every address. */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
