import { FieldList } from './field-list.tsx';
import type { FieldProps } from './field-props.ts';
import { fieldsOf } from './field-schema.ts';
import styles from './fields.module.css';

interface GroupCardProps extends Pick<FieldProps, 'schema' | 'label' | 'pointer'> {
  readonly record: Readonly<Record<string, unknown>>;
  readonly onChange: (record: Readonly<Record<string, unknown>>) => void;
}

/** Shows the fields of a group in a frame. */
export function GroupCard({ schema, record, onChange, label, pointer }: GroupCardProps) {
  return (
    <div className={styles.card} role="group" aria-label={label}>
      <FieldList fields={fieldsOf(schema)} record={record} pointer={pointer} onChange={onChange} />
    </div>
  );
}
