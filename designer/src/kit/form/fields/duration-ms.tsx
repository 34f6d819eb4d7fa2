import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../inputs/unit-input.tsx';
import { DURATION_UNITS } from '../inputs/units.ts';

export function DurationMsField(props: FieldProps) {
  return <UnitInput {...props} units={DURATION_UNITS} />;
}
