/** Selects a document by id, with search by name, id and pinyin. An id that is not in the list is kept and marked. */
import { Select } from 'antd';
import { TriangleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { useSearch } from '../../search/use-search.ts';
import { useCommit, useForm } from '../form-context.tsx';
import styles from '../fields.module.css';
import { useClear } from '../../search/use-clear.ts';

const TEXTS = defineTexts({
  choose: ['请选择', 'Choose'],
  unknown: ['列表中没有', 'Not in the list'],
  nothing: ['没有可选的', 'There is nothing to choose from'],
});

export interface Reference {
  readonly id: string;
  readonly name: string;
  /** Shown beside the name, for example a state that matters for the choice. */
  readonly mark?: ReactNode;
}

export interface ReferenceSelectProps {
  readonly id: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly references: readonly Reference[] | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly isInvalid: boolean;
  readonly isLoading?: boolean;
}

export function ReferenceSelect({ id, label, value, references, onChange, isInvalid, isLoading = false }: ReferenceSelectProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const [query, setQuery] = useState('');
  const found = useSearch(references ?? [], query, textOfReference);
  const isUnknown = value !== undefined && references !== undefined && !references.some((reference) => reference.id === value);
  const options = found.map((reference) => ({ value: reference.id, label: <ReferenceLine reference={reference} /> }));
  const clear = useClear();
  const lost = { id: value ?? '', name: value ?? '', mark: <Warning words={t('unknown')} /> };
  const shown = isUnknown && query === '' ? [{ value: lost.id, label: <ReferenceLine reference={lost} /> }, ...options] : options;
  return (
    <Select<string>
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={value ?? null}
      placeholder={t('choose')}
      disabled={isReadOnly}
      loading={isLoading}
      allowClear={clear}
      showSearch={{ filterOption: false, onSearch: setQuery, searchValue: query }}
      options={shown}
      notFoundContent={t('nothing')}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(next: string | undefined) => commit(next)}
      onOpenChange={() => setQuery('')}
    />
  );
}

export function Warning({ words }: { readonly words: string }) {
  return (
    <span className={styles.warn}>
      <TriangleAlert size={12} aria-hidden />
      {words}
    </span>
  );
}

export function ReferenceLine({ reference: { id, name, mark } }: { readonly reference: Reference }) {
  return (
    <span className={styles.option}>
      <span>{name}</span>
      {name === id ? null : <code>{id}</code>}
      {mark}
    </span>
  );
}

export function textOfReference({ id, name }: Reference): string {
  return `${name} ${id}`;
}
