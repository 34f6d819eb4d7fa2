import type { ConditionRule } from '../../../../engine/contract/flow/expression-types.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { ConditionInput } from '../expression/condition-input.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';

export function ConditionField({ value, onChange, label, pointer }: FieldProps) {
  return (
    <ConditionInput label={label} rule={isRecord(value) ? (value as ConditionRule) : undefined} onChange={onChange} pointer={pointer} />
  );
}
