import type { QuotaStore } from '../../../gateways/policy-ports.ts';

/** Counts quotas in memory, as the store does for all gateways. */
export function memoryQuotas(): QuotaStore {
  const counts = new Map<string, number>();
  return {
    lease(key, wanted, limit) {
      const before = counts.get(key) ?? 0;
      const granted = Math.max(0, Math.min(wanted, limit - before));
      counts.set(key, before + granted);
      return Promise.resolve({ granted, used: before + granted });
    },
    giveBack(key, unused) {
      counts.set(key, (counts.get(key) ?? 0) - unused);
      return Promise.resolve();
    },
    used: (key) => Promise.resolve(counts.get(key) ?? 0),
  };
}
