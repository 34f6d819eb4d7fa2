import type { ChangedFields } from './changed-fields.ts';

/** Data that an action adds to its audit line besides its name. Never secrets or personal data. */
export interface AuditNote {
  subject?: string;
  /** The reason that the person entered, if the input has a field for it. */
  reason?: string;
  before?: unknown;
  after?: unknown;
  /**
   * The changed fields of a document that people edit. They may name a patient, so they are stored encrypted and shown
   * as part of `before` and `after`.
   */
  changes?: ChangedFields;
}
