import type { FieldSchema } from './field-schema.ts';

/** Passed to every editor of a field. Read-only state, sample and the rest come from `useForm`. */
export interface FieldProps {
  readonly schema: FieldSchema;
  /** Undefined means not set: the schema's default applies. */
  readonly value: unknown;
  /** Undefined removes the field. */
  readonly onChange: (value: unknown) => void;
  /** For the label's `htmlFor`, if the editor is a single control. */
  readonly id: string;
  /** Accessible name. */
  readonly label: string;
  /** JSON Pointer of the field in its form's value. */
  readonly pointer: string;
  readonly isInvalid: boolean;
  /** True if it cannot be emptied. */
  readonly isRequired?: boolean;
}
