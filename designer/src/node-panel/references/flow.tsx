import type { FlowItem } from '../../api/operations.ts';
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { LinkedReference } from '../../kit/form/inputs/linked-reference.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Warning } from '../../kit/form/inputs/reference-select.tsx';

const TEXTS = defineTexts({
  open: ['打开流程', 'Open the flow'],
  draft: ['未发布', 'Not published'],
  shared: ['其他服务域共享', 'shared by another domain'],
});

export function FlowField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const flows = useListOf('flows.list', {});
  const sharedFlows = useListOf('flows.shared', {});
  const draft = ({ publishedVersion }: { readonly publishedVersion?: number | undefined }) =>
    publishedVersion === undefined ? <Warning words={t('draft')} /> : undefined;
  const own = flows.data?.items.map((flow) => ({ ...referenceTo(flow), mark: draft(flow) }));
  // Flows of other domains that are shared with this one. They can be called but not opened.
  const shared = sharedFlows.data?.items.map((flow) => ({
    ...referenceTo(flow),
    mark: draft(flow) ?? <Tag tone="blue">{t('shared')}</Tag>,
  }));
  function referenceTo({ flowId, name }: Pick<FlowItem, 'flowId' | 'name'>) {
    return { id: flowId, name: text(name) || flowId };
  }
  return (
    <LinkedReference
      id={id}
      label={label}
      value={typeof value === 'string' ? value : undefined}
      references={own && [...own, ...(shared ?? [])]}
      isLoading={flows.isPending}
      onChange={onChange}
      isInvalid={isInvalid}
      page={shared?.some(({ id: flowId }) => flowId === value) === true ? undefined : '/flows'}
      open={t('open')}
    />
  );
}
