import ipaddr from 'ipaddr.js';
import type { Exchange, GatewayError } from '../contract.ts';
import { refuse } from '../errors.ts';
import type { IpList } from '../plan-index.ts';
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

/**
 * Refuses an address that is on a black list, and, if there are white lists, one that is on none of them. The log names
 * the list that decided.
 */
export function judgeIpLists(exchange: Exchange, policy: string, lists: readonly IpList[], now: number): GatewayError | undefined {
  const address = exchange.clientIp;
  let missed: string | undefined;
  let isWhite = false;
  for (const { listId, kind, contains } of lists) {
    const isListed = contains(address, now);
    if (kind === 'white') {
      isWhite ||= isListed;
      missed ??= listId;
    } else if (isListed) return refuseAddress(exchange, policy, listId, 'listed');
  }
  return isWhite || missed === undefined ? undefined : refuseAddress(exchange, policy, missed, 'not-listed');
}

export function refuseAddress(exchange: Exchange, policy: string, where: string, what: string): GatewayError {
  exchange.note({ policy, where, what });
  return refuse('GW40302');
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
