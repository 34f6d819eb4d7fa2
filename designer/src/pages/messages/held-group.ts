/** A group of held messages as an address names it. Pure. */
import type { NamedHeldGroup } from '../../api/operations.ts';
import { causeOf } from '../../model/problems/error-causes.ts';

/** Identifies a group. */
export type GroupName = Pick<NamedHeldGroup, 'flowId' | 'node' | 'code' | 'outcomeKnown'>;

export function addressOf({ flowId, node, code, outcomeKnown }: GroupName): string {
  const query = new URLSearchParams({ flow: flowId, node, code, outcome: outcomeKnown ? 'known' : 'unknown' });
  return `/held/messages?${query.toString()}`;
}

/** The address of messages that a bulk released and that were held again. */
export function addressOfBulk(bulkId: string): string {
  return `/held/messages?${new URLSearchParams({ bulk: bulkId }).toString()}`;
}

/** All held messages of any cause, for searching. */
export const ADDRESS_OF_ALL = '/held/messages?all=1';

/** Returns undefined if the address names no group. */
export function groupOfAddress(address: URLSearchParams): GroupName | undefined {
  const { flow, node, code, outcome } = Object.fromEntries(address);
  if (flow === undefined || node === undefined || code === undefined || outcome === undefined) return undefined;
  return { flowId: flow, node, code, outcomeKnown: outcome === 'known' };
}

/** The write was done. A resend would repeat it, so the platform excludes it from bulk resends. */
export function isAfterWrite({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'afterWrite';
}

/** Returns true if the write was or may have been done: only then can the other system have it. */
export function mayBeDone(group: Pick<GroupName, 'code' | 'outcomeKnown'>): boolean {
  return !group.outcomeKnown || isAfterWrite(group);
}

/** A code table lacked the code, so a retry with the same tables fails again. */
export function isCodeMissing({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'code';
}

/** Returns the bulk selection for exactly this group. */
export function choiceOf({ flowId, node, code, outcomeKnown }: GroupName) {
  return { choice: { flowId, node, code }, outcome: outcomeKnown ? 'known' : 'unknown' } as const;
}
