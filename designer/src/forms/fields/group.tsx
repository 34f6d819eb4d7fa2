import type { FieldProps } from '../field-props.ts';
import { FieldRow } from '../field-row.tsx';
import { fieldsOf, isRecord, pointerStep, withField } from '../field-schema.ts';
import styles from './fields.module.css';

export function GroupField({ schema, value, onChange, label, pointer }: FieldProps) {
  const record = isRecord(value) ? value : {};
  return (
    <div className={styles.card} role="group" aria-label={label}>
      {fieldsOf(schema).map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={record[field.name]}
          pointer={`${pointer}${pointerStep(field.name)}`}
          onChange={(next) => {
            const changed = withField(record, field.name, next);
            onChange(Object.keys(changed).length === 0 ? undefined : changed);
          }}
        />
      ))}
    </div>
  );
}
