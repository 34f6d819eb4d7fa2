/** Converts a group of held messages to and from an address. Pure. */
import type { NamedHeldGroup } from '../../api/operations.ts';
import { causeOf } from '../../model/problems/error-causes.ts';

/** The values that identify a group. */
export type GroupName = Pick<NamedHeldGroup, 'flowId' | 'node' | 'code' | 'outcomeKnown'>;

export function addressOf({ flowId, node, code, outcomeKnown }: GroupName): string {
  const query = new URLSearchParams({ flow: flowId, node, code, outcome: outcomeKnown ? 'known' : 'unknown' });
  return `/held/messages?${query.toString()}`;
}

/** Returns the address of the messages that a bulk operation released and that were held again. */
export function addressOfBulk(bulkId: string): string {
  return `/held/messages?${new URLSearchParams({ bulk: bulkId }).toString()}`;
}

/** Address of the page with all held messages, whatever their cause. Users search there. */
export const ADDRESS_OF_ALL = '/held/messages?all=1';

/** Returns the group that an address names; undefined if it names none. */
export function groupOfAddress(address: URLSearchParams): GroupName | undefined {
  const { flow, node, code, outcome } = Object.fromEntries(address);
  if (flow === undefined || node === undefined || code === undefined || outcome === undefined) return undefined;
  return { flowId: flow, node, code, outcomeKnown: outcome === 'known' };
}

/**
 * Returns whether the writes of the messages were completed. A resend would repeat the writes, so the platform does not
 * allow it for many messages at once.
 */
export function isAfterWrite({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'afterWrite';
}

/** Returns whether the write may have been done. If not, the other system cannot have the data. */
export function mayBeDone(group: Pick<GroupName, 'code' | 'outcomeKnown'>): boolean {
  return !group.outcomeKnown || isAfterWrite(group);
}

/** Returns whether a code was missing in a code table. A retry with the same tables then fails again. */
export function isCodeMissing({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'code';
}

/** Returns the bulk selection for this group only. */
export function choiceOf({ flowId, node, code, outcomeKnown }: GroupName) {
  return { choice: { flowId, node, code }, outcome: outcomeKnown ? 'known' : 'unknown' } as const;
}
