import type { FieldSchema } from './field-schema.ts';

/** What every editor of a field gets. Whether it may be changed, the sample and the rest come from `useForm`. */
export interface FieldProps {
  readonly schema: FieldSchema;
  /** Undefined: not set; the schema's default applies. */
  readonly value: unknown;
  /** Undefined takes the field away. */
  readonly onChange: (value: unknown) => void;
  /** For the label's `htmlFor`, where the editor is one control. */
  readonly id: string;
  /** Accessible name. */
  readonly label: string;
  /** JSON Pointer of the field in its form's value. */
  readonly pointer: string;
  readonly isInvalid: boolean;
  /** It cannot be emptied. */
  readonly isRequired?: boolean;
}
