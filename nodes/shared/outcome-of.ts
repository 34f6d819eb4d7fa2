import { toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { ArrivalResult } from '../../engine/contract/node/node.ts';

/** `later`: it could not be stored now, and neither could the next one. `never`: it will not be accepted as it is. */
export type Taken = 'stored' | 'later' | { readonly never: ErrorRecord };

/** Says what became of something that a polling trigger has handed in. */
export async function outcomeOf(handIn: () => Promise<ArrivalResult>): Promise<Taken> {
  const result = await handIn().catch((error: unknown) => ({ status: 'refused' as const, error: toErrorRecord(error) }));
  if (result.status !== 'refused') return 'stored';
  return result.error.kind === 'input' ? { never: result.error } : 'later';
}
