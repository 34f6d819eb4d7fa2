/** A group of held messages as an address names it. Pure. */
import type { HeldGroup } from '../../../../engine/operate/interface.ts';
import { causeOf } from '../../model/problems/error-causes.ts';

/** What tells one group from the others. */
export type GroupName = Pick<HeldGroup, 'flowId' | 'node' | 'code' | 'outcomeKnown'>;

export function addressOf({ flowId, node, code, outcomeKnown }: GroupName): string {
  const query = new URLSearchParams({ flow: flowId, node, code, outcome: outcomeKnown ? 'known' : 'unknown' });
  return `/held/messages?${query.toString()}`;
}

/** Of those that a bulk let go on: what was held again. */
export function addressOfBulk(bulkId: string): string {
  return `/held/messages?${new URLSearchParams({ bulk: bulkId }).toString()}`;
}

/** All that is held, of any cause: to be searched through. */
export const ADDRESS_OF_ALL = '/held/messages?all=1';

/** Undefined where the address names none. */
export function groupOfAddress(address: URLSearchParams): GroupName | undefined {
  const { flow, node, code, outcome } = Object.fromEntries(address);
  if (flow === undefined || node === undefined || code === undefined || outcome === undefined) return undefined;
  return { flowId: flow, node, code, outcomeKnown: outcome === 'known' };
}

/** Its write was done: sending it again would do it twice, and the platform leaves it out of what is resent. */
export function isAfterWrite({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'afterWrite';
}

/** Its write was done, or may have been: only then the other side can have done it. */
export function mayBeDone(group: Pick<GroupName, 'code' | 'outcomeKnown'>): boolean {
  return !group.outcomeKnown || isAfterWrite(group);
}

/** A code table did not know its code: with the tables of then a retry meets the same. */
export function isCodeMissing({ code }: Pick<GroupName, 'code'>): boolean {
  return causeOf(code) === 'code';
}

/** How a bulk is told to take this group alone. */
export function choiceOf({ flowId, node, code, outcomeKnown }: GroupName) {
  return { choice: { flowId, node, code }, outcome: outcomeKnown ? 'known' : 'unknown' } as const;
}
