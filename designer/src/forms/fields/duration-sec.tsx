import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../unit-input.tsx';
import { DURATION_UNITS, UNIT_SIZES } from '../units.ts';

export function DurationSecField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  return (
    <UnitInput
      id={id}
      label={label}
      isInvalid={isInvalid}
      value={typeof value === 'number' ? value : undefined}
      preset={typeof schema.default === 'number' ? schema.default : undefined}
      units={DURATION_UNITS.slice(1)}
      per={UNIT_SIZES.s}
      onChange={onChange}
    />
  );
}
