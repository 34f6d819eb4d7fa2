import type { FieldProps } from '../field-props.ts';
import { PairsInput } from '../inputs/pairs-input.tsx';

export function PairsField(props: FieldProps) {
  return <PairsInput {...props} />;
}
