/**
 * Selects service domains. A user who is limited to domains can choose these. A user with all domains may choose any
 * domain in use, or enter a new one.
 */
import { Select } from 'antd';
import { useState } from 'react';
import { EVERY_DOMAIN } from '../../../../../engine/contract/values/domain.ts';
import { useListOf } from '../../../api/queries.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { FIRST_DOMAIN } from '../../../model/flow/new-flow.ts';

const TEXTS = defineTexts({
  choose: ['选择服务域', 'Choose a domain'],
  chooseNew: ['选择，或输入新的服务域', 'Choose a domain, or type a new one'],
  created: ['新服务域：{{name}}', 'New domain: {{name}}'],
  every: ['全部服务域', 'All domains'],
});

const LONGEST = 64;

interface SelectProps<Value> {
  readonly value?: Value;
  readonly onChange?: (value: Value) => void;
  readonly id?: string;
  readonly label: string;
  readonly isReadOnly?: boolean;
  readonly isInvalid?: boolean;
}

/** Returns the initial domain for a new object; undefined until it is loaded. */
export function useStartDomain(): string | undefined {
  const { data } = useListOf('domains.list', {});
  return data === undefined ? undefined : (data.items[0] ?? FIRST_DOMAIN);
}

/** Selects one domain. With `isOptional` it may be empty: the object then belongs to the whole installation. */
export function DomainSelect({
  value,
  onChange,
  id,
  label,
  isReadOnly = false,
  isInvalid = false,
  isOptional = false,
}: SelectProps<string | undefined> & { readonly isOptional?: boolean }) {
  const t = useTexts(TEXTS);
  const { data } = useListOf('domains.list', {});
  const [query, setQuery] = useState('');
  const mayBeNew = data?.mayBeNew === true;
  const names = [...new Set([...(value === undefined || value === '' ? [] : [value]), ...(data?.items ?? [])])];
  const typed = query.trim().slice(0, LONGEST);
  const isNew = mayBeNew && typed !== '' && !names.includes(typed);
  const found = names.filter((name) => name.toLowerCase().includes(query.trim().toLowerCase()));
  const options = found.map((name) => ({ value: name, label: name }));
  return (
    <Select<string>
      {...(id === undefined ? {} : { id })}
      aria-label={label}
      style={{ width: '100%' }}
      value={value === undefined || value === '' ? null : value}
      placeholder={t(mayBeNew ? 'chooseNew' : 'choose')}
      disabled={isReadOnly}
      allowClear={isOptional}
      showSearch={{ filterOption: false, onSearch: setQuery, searchValue: query }}
      options={isNew ? [...options, { value: typed, label: t('created', { name: typed }) }] : options}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(next: string | undefined) => onChange?.(next)}
      onOpenChange={() => setQuery('')}
    />
  );
}

/**
 * Selects several domains. With `isShared` they are the domains with which an object is shared; the user may then
 * choose any domain, or all domains.
 */
export function DomainsSelect({
  value = [],
  onChange,
  id,
  label,
  isReadOnly = false,
  isInvalid = false,
  isShared = false,
}: SelectProps<readonly string[]> & { readonly isShared?: boolean }) {
  const t = useTexts(TEXTS);
  const { data } = useListOf('domains.list', {});
  const mayBeNew = isShared || data?.mayBeNew === true;
  const names = [...new Set([...value.filter((name) => name !== EVERY_DOMAIN), ...(data?.items ?? [])])];
  const every = isShared ? [{ value: EVERY_DOMAIN, label: t('every') }] : [];
  return (
    <Select<readonly string[]>
      {...(id === undefined ? {} : { id })}
      mode={mayBeNew ? 'tags' : 'multiple'}
      aria-label={label}
      style={{ width: '100%' }}
      value={value}
      placeholder={t(mayBeNew ? 'chooseNew' : 'choose')}
      disabled={isReadOnly}
      tokenSeparators={[',', '，']}
      options={[...every, ...names.map((name) => ({ value: name, label: name }))]}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(next) => onChange?.(next.map((name) => name.trim().slice(0, LONGEST)).filter((name) => name !== ''))}
    />
  );
}
