import ipaddr from 'ipaddr.js';
import { AppError } from '../../engine/contract/values/errors.ts';

/** Returns true if the address is in one of the ranges. */
export type IpRanges = (address: string) => boolean;

/**
 * Parses addresses and CIDR ranges (IPv4, IPv6). Throws IP_RANGE_INVALID (input) if a text is neither. IPv4 in IPv6
 * notation counts as IPv4.
 */
export function parseRanges(texts: readonly string[]): IpRanges {
  const ranges = texts.map(parseRange);
  return (text) => {
    if (ranges.length === 0 || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range as ipaddr.IPv4 & ipaddr.IPv6, bits));
  };
}

function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (cause) {
    throw new AppError('IP_RANGE_INVALID', 'input', `${text} is neither an address nor a CIDR range.`, {
      values: { value: text },
      fix: 'Write an address such as 10.20.3.7, or a range such as 10.20.0.0/16 or 2001:db8::/32.',
      cause,
    });
  }
}
