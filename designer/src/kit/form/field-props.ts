import type { FieldSchema } from './field-schema.ts';

/** The props of every field editor. Read-only state, sample and further context come from `useForm`. */
export interface FieldProps {
  readonly schema: FieldSchema;
  /** The value; undefined means that it is not set and the schema's default applies. */
  readonly value: unknown;
  /** Sets the value; undefined removes the field. */
  readonly onChange: (value: unknown) => void;
  /** Id for the label's `htmlFor`, if the editor is a single control. */
  readonly id: string;
  /** Accessible name. */
  readonly label: string;
  /** JSON Pointer of the field in the value of its form. */
  readonly pointer: string;
  readonly isInvalid: boolean;
  /** True if the field cannot be emptied. */
  readonly isRequired?: boolean;
}
