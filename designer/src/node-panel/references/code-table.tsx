import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { LinkedReference } from '../../kit/form/inputs/linked-reference.tsx';

const TEXTS = defineTexts({ open: ['查看代码表', 'Open the table'] });

export function CodeTableField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const tables = useListOf('tables.list', {});
  const references = tables.data?.items.map(({ tableId, name }) => ({ id: tableId, name: text(name) || tableId }));
  return (
    <LinkedReference
      id={id}
      label={label}
      value={typeof value === 'string' ? value : undefined}
      references={references}
      isLoading={tables.isPending}
      onChange={onChange}
      isInvalid={isInvalid}
      page="/code-tables"
      open={t('open')}
    />
  );
}
