import ipaddr from 'ipaddr.js';
import type { Front } from '../../engine/contract/access/access.ts';
import type { IpList, IpLists } from '../plan-index.ts';
import type { IpEntry, IpListDocument } from '../documents/ip-list-document.ts';
import type { MemoScope } from '../pipeline/create-memo.ts';

const NO_LISTS: readonly IpList[] = [];

/**
 * Indexes the shared address lists of a plan. The ranges of a list are compiled again only if its entries changed. It
 * yields after each list.
 */
export function* compileIpLists(documents: readonly IpListDocument[], memo: Pick<MemoScope, 'get'>): Generator<void, IpLists> {
  const named = new Map<string, IpList>();
  const everywhere = new Map<string, IpList[]>();
  for (const { listId, kind, entries, domain, fronts, ...document } of documents) {
    yield;
    const key = entries.map(({ range, expiresAt }) => `${range} ${expiresAt ?? ''}`).join('\n');
    const list: IpList = { listId, kind, contains: memo.get(`ip-list ${key}`, () => compileEntries(entries)) };
    named.set(listId, list);
    if (!document.everywhere) continue;
    for (const front of fronts) {
      const place = placeOf(front, domain);
      const known = everywhere.get(place);
      if (known === undefined) everywhere.set(place, [list]);
      else known.push(list);
    }
  }
  return {
    named: (listId) => named.get(listId),
    ofFront: (front) => everywhere.get(placeOf(front, undefined)) ?? NO_LISTS,
    ofDomain: (domain, front) => everywhere.get(placeOf(front, domain)) ?? NO_LISTS,
  };
}

function placeOf(front: Front, domain: string | undefined): string {
  return domain === undefined ? front : `${front} ${domain}`;
}

/** For each prefix length in use: the ends of the entries by network. */
type Networks = Map<number, Map<bigint, number>>;

/**
 * Compiles entries to hash look-ups by prefix length, so that the cost of a look-up does not grow with their number.
 * Entries that are no range are left out; they were refused when the list was saved.
 */
function compileEntries(entries: readonly IpEntry[]): IpList['contains'] {
  const networks: Record<'ipv4' | 'ipv6', Networks> = { ipv4: new Map(), ipv6: new Map() };
  for (const { range, expiresAt = Infinity } of entries) {
    const parsed = parseRange(range);
    if (parsed === undefined) continue;
    const { kind, network, prefix } = parsed;
    let ofPrefix = networks[kind].get(prefix);
    if (ofPrefix === undefined) networks[kind].set(prefix, (ofPrefix = new Map()));
    ofPrefix.set(network, Math.max(expiresAt, ofPrefix.get(network) ?? 0));
  }
  return (text, now) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    const kind = address.kind();
    const bits = toBits(address);
    for (const [prefix, ofPrefix] of networks[kind]) {
      const endsAt = ofPrefix.get(networkOf(bits, prefix, kind));
      if (endsAt !== undefined && endsAt > now) return true;
    }
    return false;
  };
}

function parseRange(range: string): { kind: 'ipv4' | 'ipv6'; network: bigint; prefix: number } | undefined {
  const [text = '', length] = range.split('/');
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  const kind = address.kind();
  const width = kind === 'ipv4' ? 32 : 128;
  // `::ffff:10.0.0.0/104` is an IPv4 range in IPv6 notation.
  const written = kind === 'ipv4' && text.includes(':') ? 96 : 0;
  const prefix = length === undefined ? width : Number(length) - written;
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) return undefined;
  return { kind, network: networkOf(toBits(address), prefix, kind), prefix };
}

function toBits(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  let bits = 0n;
  for (const byte of address.toByteArray()) bits = (bits << 8n) | BigInt(byte);
  return bits;
}

function networkOf(bits: bigint, prefix: number, kind: 'ipv4' | 'ipv6'): bigint {
  return bits >> BigInt((kind === 'ipv4' ? 32 : 128) - prefix);
}
