import { AdapterSelect } from './adapter-select.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';

export function AdapterField({ value, onChange, id, label, isInvalid }: FieldProps) {
  return (
    <AdapterSelect id={id} label={label} value={typeof value === 'string' ? value : undefined} onChange={onChange} isInvalid={isInvalid} />
  );
}
