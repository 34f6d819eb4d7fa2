import { Type } from 'typebox';
import type { TriggerPosition } from '../contract/node/node.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';

/** How far a polling trigger has read. Positions can name rows and people, so they are sealed. */
interface StoredPosition extends StoredDocument {
  readonly sealed: string;
}
const positionsSpec: CollectionSpec<StoredPosition> = {
  name: 'trigger_positions',
  schema: Type.Object({ _id: Type.String(), sealed: Type.String() }),
  indexes: [],
};

export interface TriggerPositions {
  of(flowId: string, nodeId: string): TriggerPosition;
}

export async function openTriggerPositions(documents: Documents, seal: Pick<Seal, 'seal' | 'openText'>): Promise<TriggerPositions> {
  const positions = await documents.open(positionsSpec);
  const placeOf = (id: string) => ({ collection: positionsSpec.name, id, field: 'sealed' });
  return {
    of(flowId, nodeId) {
      const id = `${flowId}/${nodeId}`;
      return {
        async read(source) {
          const stored = await positions.get(id);
          if (stored === undefined) return undefined;
          const kept = JSON.parse(seal.openText(placeOf(id), stored.sealed)) as { readonly source: string; readonly position: string };
          return kept.source === source ? kept.position : undefined;
        },
        async keep(source, position) {
          const sealed = seal.seal(placeOf(id), JSON.stringify({ source, position }));
          if (!(await positions.insert({ _id: id, sealed })).inserted) await positions.patchIf(id, {}, { set: { sealed } });
        },
      };
    },
  };
}

/** For a trigger that is only tried: it reads from the beginning and keeps nothing. */
export const NO_POSITION: TriggerPosition = { read: () => Promise.resolve(undefined), keep: () => Promise.resolve() };
