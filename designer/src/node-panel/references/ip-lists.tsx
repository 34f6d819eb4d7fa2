import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useMay } from '../../session/session-context.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { TextsField } from '../../kit/form/fields/texts.tsx';
import { ReferencesSelect } from '../../kit/form/inputs/references-select.tsx';

const TEXTS = defineTexts({ black: ['黑名单', 'Black list'], white: ['白名单', 'White list'] });

/** Someone who may not read the lists types their ids. */
export function IpListsField(props: FieldProps) {
  return useMay()('callers.read') ? <IpListsSelect {...props} /> : <TextsField {...props} />;
}

function IpListsSelect({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const lists = useListOf('ip-lists.list', {});
  const references = lists.data?.items.map(({ listId, name, kind }) => ({
    ...{ id: listId, name: text(name) || listId },
    mark: <Tag tone="grey">{t(kind)}</Tag>,
  }));
  return (
    <ReferencesSelect
      {...{ id, label, references, onChange, isInvalid, isLoading: lists.isPending }}
      value={Array.isArray(value) ? (value as string[]) : []}
    />
  );
}
