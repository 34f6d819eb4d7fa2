import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { ReferenceSelect, Warning } from '../../kit/form/inputs/reference-select.tsx';

const TEXTS = defineTexts({ offline: ['已下线', 'Offline'] });

export function ServiceField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const services = useListOf('services.list', {});
  const references = services.data?.items.map(({ serviceId, name, state }) => ({
    ...{ id: serviceId, name: text(name) || serviceId },
    mark: state === 'offline' ? <Warning words={t('offline')} /> : undefined,
  }));
  return (
    <ReferenceSelect
      {...{ id, label, references, onChange, isInvalid, isLoading: services.isPending }}
      value={typeof value === 'string' ? value : undefined}
    />
  );
}
