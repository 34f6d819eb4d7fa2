import { useMay } from '../../session/session-context.ts';
import { useListOf } from '../../api/queries.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { ReferenceSelect } from '../../kit/form/inputs/reference-select.tsx';
import { TextField } from '../../kit/form/fields/text.tsx';

/** Edits the name of a secret, never its value. A user who may not list the names types one. */
export function SecretField(props: FieldProps) {
  const may = useMay();
  const isAllowed = may('secrets.edit');
  const secrets = useListOf('secrets.list', {}, { enabled: isAllowed });
  if (!isAllowed || secrets.error !== null) return <TextField {...props} />;
  return (
    <ReferenceSelect
      id={props.id}
      label={props.label}
      value={typeof props.value === 'string' ? props.value : undefined}
      references={secrets.data?.items.map(({ name }) => ({ id: name, name }))}
      isLoading={secrets.isPending}
      onChange={props.onChange}
      isInvalid={props.isInvalid}
    />
  );
}
