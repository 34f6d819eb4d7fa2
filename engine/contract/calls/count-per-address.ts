import { networkOf } from './ip-range.ts';

/**
 * Counts how many things (for example connections) each address holds at the same time, so that one address cannot use
 * up a limit that all addresses share. Runs in a browser too.
 */
export interface AddressCount {
  /** Returns false, without counting, if this address is at its limit. */
  enter(address: string): boolean;
  leave(address: string): void;
}

/**
 * Creates a count that allows each address `most` things at the same time. IPv6 addresses are counted by network,
 * because the owner of one address owns the whole network.
 */
export function countPerAddress(most: number): AddressCount {
  const counts = new Map<string, number>();
  return {
    enter(address) {
      const network = networkOf(address);
      const count = counts.get(network) ?? 0;
      if (count >= most) return false;
      counts.set(network, count + 1);
      return true;
    },
    leave(address) {
      const network = networkOf(address);
      const left = (counts.get(network) ?? 1) - 1;
      if (left === 0) counts.delete(network);
      else counts.set(network, left);
    },
  };
}
