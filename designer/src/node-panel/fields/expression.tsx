import { usePlaceholder } from '../../kit/form/example.ts';
import { ExpressionInput } from '../expression/expression-input.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { keptText } from '../../kit/form/field-schema.ts';

export function ExpressionField({ schema, value, onChange, label, isInvalid }: FieldProps) {
  const placeholder = usePlaceholder(schema);
  return (
    <ExpressionInput
      label={label}
      value={typeof value === 'string' ? value : ''}
      placeholder={placeholder}
      isInvalid={isInvalid}
      onChange={(text) => onChange(keptText(schema, text))}
    />
  );
}
