import { Input } from 'antd';
import { usePlaceholder } from '../example.ts';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';
import { useForm } from '../form-context.tsx';

export function TextField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly, seal } = useForm();
  const placeholder = usePlaceholder(schema);
  return (
    <Input
      id={id}
      aria-label={label}
      value={typeof value === 'string' ? value : ''}
      placeholder={placeholder}
      readOnly={isReadOnly}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(event) => onChange(keptText(schema, event.target.value))}
      onBlur={seal}
    />
  );
}
