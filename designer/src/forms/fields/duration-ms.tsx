import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../unit-input.tsx';
import { DURATION_UNITS } from '../units.ts';

export function DurationMsField(props: FieldProps) {
  return <UnitInput {...props} units={DURATION_UNITS} />;
}
