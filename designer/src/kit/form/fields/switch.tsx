import { Switch } from 'antd';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';

export function SwitchField({ schema, value, onChange, id, label }: FieldProps) {
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  return (
    <Switch
      id={id}
      aria-label={label}
      size="small"
      checked={value === undefined ? schema.default === true : value === true}
      disabled={isReadOnly}
      onChange={(isOn) => commit(isOn)}
    />
  );
}
