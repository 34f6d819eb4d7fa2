import { DomainsSelect } from '../../kit/form/inputs/domain-select.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';

/** Edits the domains that may also use the object. */
export function DomainsField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  return (
    <DomainsSelect
      isShared
      value={Array.isArray(value) ? (value as string[]) : []}
      onChange={(next) => commit(next.length === 0 ? undefined : next)}
      id={id}
      label={label}
      isReadOnly={isReadOnly}
      isInvalid={isInvalid}
    />
  );
}
