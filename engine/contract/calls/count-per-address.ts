import { networkOf } from './ip-range.ts';

/** Counts what addresses hold at once, such as connections, so that one of them cannot keep the others out. Runs in a browser too. */
export interface AddressCount {
  /** False: this address holds as many as it may; nothing is counted then. */
  enter(address: string): boolean;
  leave(address: string): void;
}

/** IPv6 addresses count by their network, since whoever has one of it has all. */
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
