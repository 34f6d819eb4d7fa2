import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import { FieldRow } from './field-row.tsx';
import type { FieldProps } from './field-props.ts';
import { fieldsOf, withField } from './field-schema.ts';
import styles from './fields.module.css';

interface GroupCardProps extends Pick<FieldProps, 'schema' | 'label' | 'pointer'> {
  readonly record: Readonly<Record<string, unknown>>;
  readonly onChange: (record: Readonly<Record<string, unknown>>) => void;
}

/** Shows the fields of a group in a frame. */
export function GroupCard({ schema, record, onChange, label, pointer }: GroupCardProps) {
  return (
    <div className={styles.card} role="group" aria-label={label}>
      {fieldsOf(schema).map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={record[field.name]}
          pointer={`${pointer}${pointerStep(field.name)}`}
          onChange={(next) => onChange(withField(record, field.name, next))}
        />
      ))}
    </div>
  );
}
