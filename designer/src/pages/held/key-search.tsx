/**
 * Searches held messages by a business key. The value may identify a patient, so it must never be part of an address.
 */
import { KeyRound } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Input } from '../../api/operation-types.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { Typed } from '../messages/message-search.tsx';
import type { Question } from '../messages/use-message-pages.ts';

const TEXTS = defineTexts({
  name: ['业务键名', 'Name of the business key'],
  value: ['业务键的值，如患者号', 'The value, such as a patient number'],
});

/** Name of the key that most feeds use for the patient. */
const USUAL = 'patient';

export interface KeySearch {
  /** The key to search for; undefined until the user enters one. */
  readonly key: { readonly name: string; readonly value: string } | undefined;
  /** The fields of the search. They are empty for a user who may not see message data. */
  readonly fields: ReactNode;
  readonly questionOf: (query: Omit<Input<'executions.held'>, 'limit' | 'after'>) => Question;
}

export function useKeySearch(): KeySearch {
  const t = useTexts(TEXTS);
  const may = useMay();
  const [name, setName] = useState(USUAL);
  const [value, setValue] = useState('');
  const key = name === '' || value === '' ? undefined : { name, value };
  const fields = may('executions.payload') ? (
    <div className={listStyles.tools} role="search">
      <Typed label={t('name')} icon={<KeyRound size={16} />} value={name} onChange={setName} />
      <Typed label={t('value')} value={value} onChange={setValue} />
    </div>
  ) : null;
  const questionOf = (query: Omit<Input<'executions.held'>, 'limit' | 'after'>): Question =>
    key === undefined
      ? { id: 'executions.held', query }
      : { id: 'executions.search', query: { ...query, status: 'held', keyName: key.name, keyValue: key.value } };
  return { key, fields, questionOf };
}
