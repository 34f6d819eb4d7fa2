import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { LinkedReference } from '../../kit/form/inputs/linked-reference.tsx';

const TEXTS = defineTexts({ open: ['打开接口', 'Open the interface'] });

export function InterfaceField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const interfaces = useListOf('interfaces.list', {});
  const references = interfaces.data?.items.map(({ interfaceId, name }) => ({ id: interfaceId, name: text(name) || interfaceId }));
  return (
    <LinkedReference
      {...{ id, label, references, onChange, isInvalid, isLoading: interfaces.isPending }}
      value={typeof value === 'string' ? value : undefined}
      page="/interfaces"
      open={t('open')}
    />
  );
}
