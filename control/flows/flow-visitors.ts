/**
 * The people who have a flow open in the designer. Kept in the store, so that it works with several control processes;
 * each entry expires automatically.
 */
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';

/** Pages report every 15 s; a page that was killed is forgotten after this time. */
const STAY_MS = 45_000;
const MOST_SHOWN = 50;

interface StoredVisitor extends StoredDocument {
  readonly flowId: string;
  readonly account: string;
  readonly mayEdit: boolean;
  readonly since: number;
  readonly seenAt: number;
  readonly expiresAt: number;
}

export interface FlowVisitor {
  readonly account: string;
  readonly mayEdit: boolean;
  readonly since: number;
}

export interface FlowVisitors {
  /** Records that this person has the flow open, and returns the other visitors. */
  visit(flowId: string, account: string, mayEdit: boolean): Promise<readonly FlowVisitor[]>;
  leave(flowId: string, account: string): Promise<void>;
}

const spec: CollectionSpec<StoredVisitor> = {
  name: 'flow_visitors',
  schema: Type.Object({ _id: Type.String(), flowId: Type.String(), account: Type.String() }, { additionalProperties: true }),
  indexes: [{ name: 'by_flow', fields: ['flowId', 'since'] }],
  expiresAt: 'expiresAt',
};

export async function openFlowVisitors(documents: Documents, clock: Clock): Promise<FlowVisitors> {
  const visitors = await documents.open(spec);
  const idOf = (flowId: string, account: string) => `${flowId}@${account}`;
  return {
    async visit(flowId, account, mayEdit) {
      const now = clock.now();
      const _id = idOf(flowId, account);
      const before = await visitors.get(_id);
      const isStill = before !== undefined && before.expiresAt > now;
      const visitor = { _id, flowId, account, mayEdit, since: isStill ? before.since : now, seenAt: now, expiresAt: now + STAY_MS };
      // A second page of the same person may report at the same moment; it does not matter which entry is stored.
      if (before === undefined) await visitors.insert(visitor);
      else await visitors.replaceIf(visitor, {});
      const here = await visitors.find({ flowId }, { sort: ['since'], limit: MOST_SHOWN });
      return here
        .filter((other) => other.account !== account && other.expiresAt > now)
        .map(({ account: name, mayEdit: edits, since }) => ({ account: name, mayEdit: edits, since }));
    },
    async leave(flowId, account) {
      await visitors.remove(idOf(flowId, account));
    },
  };
}
