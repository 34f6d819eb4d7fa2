/** The store of requests. A request has an action with its input and is kept until a person with the right decides. */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';

/** `deciding`: the action runs. If its process dies, the request can be decided again. */
export type RequestStatus = 'open' | 'deciding' | 'done' | 'refused' | 'failed' | 'withdrawn';

export interface RequestRecord extends StoredDocument {
  readonly action: string;
  readonly subject: string;
  /** The right that the person lacks; people who have it may decide. */
  readonly needs: Permission;
  /** Every domain required to decide. Null stands for an object of the installation, which requires all domains. */
  readonly domains: readonly (string | null)[];
  readonly by: string;
  readonly at: number;
  readonly status: RequestStatus;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  /** For a failed request: the code of the error. */
  readonly outcome?: string;
  /** Encrypted JSON (`RequestBody`). */
  readonly body: string;
  /** The reason of the decision, encrypted. */
  readonly decision?: string;
  readonly expiresAt: number;
}

export interface RequestBody {
  readonly reason: string;
  /** Names of the objects that the request is about. */
  readonly names?: readonly Text[];
  /** Digest of the state of the objects at the time of the request (`AskedState`). */
  readonly digest?: string;
  /** Digest of the wanted change; equal for two requests for the same change. */
  readonly wanted?: string;
  /** Set only in requests that were stored before inputs had a separate collection. */
  readonly input?: unknown;
}

/**
 * The input of a request, with the id of the request. It is stored separately, so that a list of requests loads no
 * inputs, and removed as soon as the request has ended.
 */
interface StoredInput extends StoredDocument {
  /** Encrypted JSON. */
  readonly input: string;
  readonly expiresAt: number;
}

const spec: CollectionSpec<RequestRecord> = {
  name: 'requests',
  schema: Type.Object({ _id: Type.String(), action: Type.String(), status: Type.String() }, { additionalProperties: true }),
  indexes: [
    { name: 'by_status', fields: ['status', 'at'] },
    { name: 'by_person', fields: ['by', 'at'] },
    { name: 'by_decider', fields: ['decidedBy', 'at'] },
  ],
  expiresAt: 'expiresAt',
};

const inputsSpec: CollectionSpec<StoredInput> = {
  name: 'request_inputs',
  schema: Type.Object({ _id: Type.String(), input: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};

type Sealed = 'body' | 'decision';

export interface RequestStore {
  readonly records: Collection<RequestRecord>;
  seal(id: string, field: Sealed, value: unknown): string;
  open(record: RequestRecord, field: Sealed): unknown;
  keepInput(id: string, input: unknown, expiresAt: number): Promise<void>;
  /** Returns the input of a request; undefined if it was removed. */
  inputOf(record: RequestRecord): Promise<unknown>;
  dropInput(record: RequestRecord): Promise<void>;
}

export async function openRequestStore(documents: Documents, seal: Pick<Seal, 'seal' | 'openText'>): Promise<RequestStore> {
  const records = await documents.open(spec);
  const inputs = await documents.open(inputsSpec);
  const place = (id: string, field: Sealed) => ({ collection: records.name, id, field });
  const inputPlace = (id: string) => ({ collection: inputs.name, id, field: 'input' });
  const sealed = (id: string, field: Sealed, value: unknown) => seal.seal(place(id, field), JSON.stringify(value));
  function open(record: RequestRecord, field: Sealed): unknown {
    const text = record[field];
    return text === undefined ? undefined : (JSON.parse(seal.openText(place(record._id, field), text)) as unknown);
  }
  return {
    records,
    seal: sealed,
    open,
    async keepInput(id, input, expiresAt) {
      await inputs.insert({ _id: id, input: seal.seal(inputPlace(id), JSON.stringify(input)), expiresAt }, { durability: 'full' });
    },
    async inputOf(record) {
      const stored = await inputs.get(record._id);
      if (stored === undefined) return (open(record, 'body') as RequestBody).input;
      return JSON.parse(seal.openText(inputPlace(record._id), stored.input)) as unknown;
    },
    async dropInput(record) {
      await inputs.remove(record._id);
      const { input, ...body } = open(record, 'body') as RequestBody;
      if (input !== undefined) await records.patchIf(record._id, {}, { set: { body: sealed(record._id, 'body', body) } });
    },
  };
}
