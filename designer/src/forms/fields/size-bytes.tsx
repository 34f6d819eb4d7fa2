import type { FieldProps } from '../field-props.ts';
import { UnitInput } from '../unit-input.tsx';
import { SIZE_UNITS } from '../units.ts';

export function SizeBytesField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  return (
    <UnitInput
      id={id}
      label={label}
      isInvalid={isInvalid}
      value={typeof value === 'number' ? value : undefined}
      preset={typeof schema.default === 'number' ? schema.default : undefined}
      units={SIZE_UNITS}
      onChange={onChange}
    />
  );
}
