import type { ChangedFields } from './changed-fields.ts';

/** What an action tells the audit log beside its name. Never secrets or personal data. */
export interface AuditNote {
  subject?: string;
  /** Why, in the person's own words, where the input itself asks for it. */
  reason?: string;
  before?: unknown;
  after?: unknown;
  /** The same of what people draw and fill in, which may name a patient: stored sealed, and read as part of both. */
  changes?: ChangedFields;
}
