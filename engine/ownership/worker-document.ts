/** What a process publishes about itself while it owns executions. */
import { Type } from 'typebox';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

/**
 * A living process, as owner of its claims. Its beat increases every few seconds. Its description is in
 * `engine/processes`.
 */
export interface WorkerDocument extends StoredDocument {
  readonly beat: number;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** It stopped with nothing in flight. */
  readonly ended?: true;
}

const schema = Type.Object({ _id: Type.String() }, { additionalProperties: true });

export const workersSpec: CollectionSpec<WorkerDocument> = { name: 'workers', schema, indexes: [], expiresAt: 'expiresAt' };
