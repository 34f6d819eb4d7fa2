import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../unit-input.tsx';
import { SIZE_UNITS } from '../units.ts';

export function SizeBytesField(props: FieldProps) {
  return <UnitInput {...props} units={SIZE_UNITS} />;
}
