/** What a process says of itself while it owns executions. */
import { Type } from 'typebox';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

/** One living process, as owner of what it claimed; its beat counts up every few seconds. What it is stands in `engine/processes`. */
export interface WorkerDocument extends StoredDocument {
  readonly beat: number;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** It ended with nothing under way. */
  readonly ended?: true;
}

const schema = Type.Object({ _id: Type.String() }, { additionalProperties: true });

export const workersSpec: CollectionSpec<WorkerDocument> = { name: 'workers', schema, indexes: [], expiresAt: 'expiresAt' };
