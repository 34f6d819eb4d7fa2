/** Shows the changes that a request would make, field by field with the labels of the forms. */
import { useMemo } from 'react';
import type { Input } from '../../api/operation-types.ts';
import { useQueryOf } from '../../api/queries.ts';
import type { FieldSchema } from '../../kit/form/field-schema.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { FieldChanges } from '../audit/field-changes.tsx';
import { adapterFields, fieldWords, GRANT_FIELDS, interfaceFields } from './asked-fields.ts';

const TEXTS = defineTexts({ asked: ['申请的修改', 'What is requested'], made: ['申请新建的内容', 'What will be created'] });

interface Sides {
  readonly before: unknown;
  readonly after: unknown;
}

export function InterfaceChanges(sides: Sides) {
  const policies = useQueryOf('policies.list', {});
  const items = policies.data?.items;
  return <AskedChanges {...sides} schema={useMemo(() => interfaceFields(items ?? []), [items])} />;
}

export function AdapterChanges(sides: Sides & { readonly after: Input<'adapters.save'>['document'] }) {
  const types = useQueryOf('adapters.types', {});
  const type = types.data?.items.find(({ protocol }) => protocol === sides.after.protocol);
  return <AskedChanges {...sides} schema={useMemo(() => adapterFields(type), [type])} />;
}

export function GrantChanges(sides: Sides) {
  return <AskedChanges {...sides} schema={GRANT_FIELDS} />;
}

function AskedChanges({ before, after, schema }: Sides & { readonly schema: FieldSchema }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const format = useFormat();
  const words = useMemo(() => fieldWords(schema, language, format), [schema, language, format]);
  return <FieldChanges before={before} after={after} title={t(before === undefined ? 'made' : 'asked')} words={words} />;
}
