/** Selects several documents by id, with search by name, id and pinyin. Ids that are not in the list are kept and marked. */
import { Select } from 'antd';
import { useState } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { useSearch } from '../../search/use-search.ts';
import styles from '../fields.module.css';
import { useCommit, useForm } from '../form-context.tsx';
import { ReferenceLine, textOfReference, Warning, type Reference } from './reference-select.tsx';

const TEXTS = defineTexts({
  choose: ['请选择', 'Choose'],
  unknown: ['列表中没有', 'Not in the list'],
  nothing: ['没有可选的', 'There is nothing to choose from'],
});

interface ReferencesSelectProps {
  readonly id: string;
  readonly label: string;
  readonly value: readonly string[];
  readonly references: readonly Reference[] | undefined;
  readonly onChange: (value: readonly string[] | undefined) => void;
  readonly isInvalid: boolean;
  readonly isLoading: boolean;
}

export function ReferencesSelect({ id, label, value, references, onChange, isInvalid, isLoading }: ReferencesSelectProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const [query, setQuery] = useState('');
  const found = useSearch(references ?? [], query, textOfReference);
  const lost = references === undefined ? [] : value.filter((name) => !references.some((reference) => reference.id === name));
  const marked = lost.map((name) => ({ id: name, name, mark: <Warning words={t('unknown')} /> }));
  const options = [...(query === '' ? marked : []), ...found].map((reference) => ({
    value: reference.id,
    label: <ReferenceLine reference={reference} />,
  }));
  return (
    <Select<string[]>
      mode="multiple"
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={[...value]}
      placeholder={t('choose')}
      disabled={isReadOnly}
      loading={isLoading}
      showSearch={{ filterOption: false, onSearch: setQuery, searchValue: query }}
      options={options}
      notFoundContent={t('nothing')}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(next) => commit(next.length === 0 ? undefined : next)}
      onOpenChange={() => setQuery('')}
    />
  );
}
