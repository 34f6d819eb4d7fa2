import { DomainSelect } from '../../kit/form/inputs/domain-select.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';

export function DomainField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const name = typeof value === 'string' ? value : undefined;
  return <DomainSelect value={name} onChange={commit} id={id} label={label} isReadOnly={isReadOnly} isInvalid={isInvalid} />;
}
