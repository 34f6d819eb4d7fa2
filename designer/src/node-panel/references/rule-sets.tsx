import { useListOf } from '../../api/queries.ts';
import { useText } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { ReferencesSelect } from '../../kit/form/inputs/references-select.tsx';

export function RuleSetsField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const text = useText();
  const sets = useListOf('object-rules.list', {});
  const references = sets.data?.items.map(({ ruleSetId, name }) => ({ id: ruleSetId, name: text(name) || ruleSetId }));
  return (
    <ReferencesSelect
      {...{ id, label, references, onChange, isInvalid, isLoading: sets.isPending }}
      value={Array.isArray(value) ? (value as string[]) : []}
    />
  );
}
