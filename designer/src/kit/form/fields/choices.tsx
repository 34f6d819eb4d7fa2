import { Checkbox } from 'antd';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { useLiteralOptions } from '../literal-options.ts';

export function ChoicesField({ schema, value, onChange, label }: FieldProps) {
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const options = useLiteralOptions(schema.items, schema.text);
  const chosen = (Array.isArray(value) ? value : Array.isArray(schema.default) ? schema.default : []) as string[];
  return (
    <div role="group" aria-label={label}>
      <Checkbox.Group
        value={chosen}
        disabled={isReadOnly}
        options={options as { label: string; value: string }[]}
        onChange={(next) => commit(next.length === 0 && schema.default === undefined ? undefined : next)}
      />
    </div>
  );
}
