import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../inputs/unit-input.tsx';
import { SIZE_UNITS } from '../inputs/units.ts';

export function SizeBytesField(props: FieldProps) {
  return <UnitInput {...props} units={SIZE_UNITS} />;
}
