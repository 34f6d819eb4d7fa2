import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { usePlaceholder } from '../../kit/form/example.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { OperandInput } from '../expression/operand-input.tsx';

export function OperandField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const placeholder = usePlaceholder(schema);
  return (
    <OperandInput
      id={id}
      label={label}
      value={isRecord(value) ? (value as Operand) : undefined}
      onChange={onChange}
      isInvalid={isInvalid}
      {...(placeholder === '' ? {} : { placeholder })}
    />
  );
}
