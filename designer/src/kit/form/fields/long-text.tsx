import { Input } from 'antd';
import { usePlaceholder } from '../example.ts';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';
import { useForm } from '../form-context.tsx';
import styles from '../fields.module.css';

export function LongTextField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly, seal } = useForm();
  const placeholder = usePlaceholder(schema);
  return (
    <Input.TextArea
      id={id}
      aria-label={label}
      value={typeof value === 'string' ? value : ''}
      placeholder={placeholder}
      readOnly={isReadOnly}
      rows={2}
      className={styles.growing ?? ''}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(event) => onChange(keptText(schema, event.target.value))}
      onBlur={seal}
    />
  );
}
