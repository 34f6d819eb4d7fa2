import type { FieldProps } from '../field-props.ts';
import { JsonInput } from '../inputs/json-input.tsx';

export function JsonField({ value, onChange, label }: FieldProps) {
  return <JsonInput label={label} value={value} height="180px" onChange={onChange} />;
}
