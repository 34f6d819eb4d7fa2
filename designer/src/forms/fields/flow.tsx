import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { LinkedReference } from '../linked-reference.tsx';
import { Warning } from '../reference-select.tsx';

const TEXTS = defineTexts({
  open: ['打开流程', 'Open the flow'],
  draft: ['未发布', 'Not published'],
});

export function FlowField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const flows = useQueryOf('flows.list', {});
  const references = flows.data?.items.map(({ flowId, name, publishedVersion }) => ({
    id: flowId,
    name: text(name) || flowId,
    ...(publishedVersion === undefined ? { mark: <Warning words={t('draft')} /> } : {}),
  }));
  return (
    <LinkedReference
      id={id}
      label={label}
      value={typeof value === 'string' ? value : undefined}
      references={references}
      isLoading={flows.isPending}
      onChange={onChange}
      isInvalid={isInvalid}
      page="/flows"
      open={t('open')}
    />
  );
}
