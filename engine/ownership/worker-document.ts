/** The heartbeat document of a process that owns executions. */
import { Type } from 'typebox';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

/**
 * A running process as the owner of its claims. It increments `beat` every few seconds. A description of the process is
 * in `engine/processes`.
 */
export interface WorkerDocument extends StoredDocument {
  readonly beat: number;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** Set if the process stopped with no work in flight. */
  readonly ended?: true;
}

const schema = Type.Object({ _id: Type.String() }, { additionalProperties: true });

export const workersSpec: CollectionSpec<WorkerDocument> = { name: 'workers', schema, indexes: [], expiresAt: 'expiresAt' };
