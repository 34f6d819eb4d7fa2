import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../inputs/unit-input.tsx';
import { DURATION_UNITS, UNIT_SIZES } from '../inputs/units.ts';

export function DurationSecField(props: FieldProps) {
  return <UnitInput {...props} units={DURATION_UNITS.slice(1)} per={UNIT_SIZES.s} />;
}
