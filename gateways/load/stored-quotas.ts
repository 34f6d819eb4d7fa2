import { Type } from 'typebox';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { QuotaStore } from '../policy-ports.ts';

/** The count of one key in one day or month. `_id` names the limit, the period and the key. */
interface QuotaCount extends StoredDocument {
  readonly used: number;
  readonly expiresAt: number;
}

const spec: CollectionSpec<QuotaCount> = {
  name: 'gateway_quotas',
  schema: Type.Object({ _id: Type.String(), used: Type.Integer(), expiresAt: Type.Integer() }),
  indexes: [],
  expiresAt: 'expiresAt',
};

/** Counts stay for a day after their period, so that clocks may differ. */
const KEEP_MS = 86_400_000;
/** How often a lease is tried while other gateways change the same count. */
const TRIES = 20;

/** Counts quotas in the store. `documents` returns the store, or throws a transient error while it is not open. */
export function createStoredQuotas(documents: () => Documents): QuotaStore {
  let opened: { readonly of: Documents; readonly counts: Promise<Collection<QuotaCount>> } | undefined;

  async function open(): Promise<Collection<QuotaCount>> {
    const of = documents();
    if (opened?.of !== of) opened = { of, counts: of.open(spec) };
    try {
      return await opened.counts;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }

  return {
    async lease(key, wanted, limit, endsAt) {
      const counts = await open();
      let granted = Math.min(wanted, limit);
      let used = 0;
      for (let tries = 0; tries < TRIES && granted > 0; tries++) {
        const patched = await counts.patchIf(key, { used: { lte: limit - granted } }, { inc: { used: granted } }, DURABLE);
        if (patched.outcome === 'patched') return { granted, used: patched.document.used };
        const found = await counts.get(key);
        if (found === undefined) {
          const { inserted } = await counts.insert({ _id: key, used: granted, expiresAt: endsAt + KEEP_MS }, DURABLE);
          if (inserted) return { granted, used: granted };
        } else {
          used = found.used;
          granted = Math.min(wanted, limit - used);
        }
      }
      return { granted: 0, used };
    },
    async giveBack(key, unused) {
      await (await open()).patchIf(key, { used: { gte: unused } }, { inc: { used: -unused } }, DURABLE);
    },
    async used(key) {
      return (await (await open()).get(key))?.used ?? 0;
    },
  };
}

const DURABLE = { durability: 'full' } as const;
