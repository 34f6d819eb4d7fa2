import { usePlaceholder } from '../example.ts';
import { ExpressionInput } from '../expression-input.tsx';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';

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
