/** What people ask of those who may: an act with its input, kept until somebody decides. */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Text } from '../../engine/contract/texts.ts';
import type { Seal } from '../../engine/contract/seal.ts';

/** `deciding`: the act runs; one whose process died meanwhile can be decided again. */
export type RequestStatus = 'open' | 'deciding' | 'done' | 'refused' | 'failed' | 'withdrawn';

export interface RequestRecord extends StoredDocument {
  readonly action: string;
  readonly subject: string;
  /** The right that the person lacks; who holds it may decide. */
  readonly needs: Permission;
  /** Every domain that deciding takes; null stands for the installation. */
  readonly domains: readonly (string | null)[];
  readonly by: string;
  readonly at: number;
  readonly status: RequestStatus;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  /** Of one that failed: the code of the error. */
  readonly outcome?: string;
  /** Sealed JSON (`RequestBody`). */
  readonly body: string;
  /** Sealed: why it was decided so. */
  readonly decision?: string;
  readonly expiresAt: number;
}

export interface RequestBody {
  readonly input: unknown;
  readonly reason: string;
  /** What the things are called that it is about. */
  readonly names?: readonly Text[];
  /** Of what it rests on, as it was when somebody asked (`Sight`). */
  readonly digest?: string;
}

const spec: CollectionSpec<RequestRecord> = {
  name: 'requests',
  schema: Type.Object({ _id: Type.String(), action: Type.String(), status: Type.String() }, { additionalProperties: true }),
  indexes: [
    { name: 'by_status', fields: ['status', 'at'] },
    { name: 'by_person', fields: ['by', 'at'] },
  ],
  expiresAt: 'expiresAt',
};

type Sealed = 'body' | 'decision';

export interface RequestStore {
  readonly records: Collection<RequestRecord>;
  seal(id: string, field: Sealed, value: unknown): string;
  open(record: RequestRecord, field: Sealed): unknown;
}

export async function openRequestStore(documents: Documents, seal: Pick<Seal, 'seal' | 'openText'>): Promise<RequestStore> {
  const records = await documents.open(spec);
  const place = (id: string, field: Sealed) => ({ collection: records.name, id, field });
  return {
    records,
    seal: (id, field, value) => seal.seal(place(id, field), JSON.stringify(value)),
    open(record, field) {
      const sealed = record[field];
      return sealed === undefined ? undefined : (JSON.parse(seal.openText(place(record._id, field), sealed)) as unknown);
    },
  };
}
