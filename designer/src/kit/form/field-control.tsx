import type { FieldProps } from './field-props.ts';
import { useFormState } from './form-context.tsx';
import { kindOf } from './field-schema.ts';

/** Renders the editor of a field, without label and problems. */
export function FieldControl(props: FieldProps) {
  const { editors } = useFormState();
  const Editor = editors[kindOf(props.schema)];
  return Editor === undefined ? null : <Editor {...props} />;
}
