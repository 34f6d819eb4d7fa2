import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import type { FieldProps } from '../field-props.ts';
import { GroupCard } from '../group-card.tsx';

export function GroupField({ schema, value, onChange, label, pointer }: FieldProps) {
  return (
    <GroupCard
      schema={schema}
      label={label}
      pointer={pointer}
      record={isRecord(value) ? value : {}}
      onChange={(changed) => onChange(Object.keys(changed).length === 0 ? undefined : changed)}
    />
  );
}
