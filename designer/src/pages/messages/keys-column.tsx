/**
 * The column with business keys of messages, such as the patient. It is shown only to users who may see message data,
 * and its values are never part of an address.
 */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { BusinessKeys, ExecutionSummary } from '../../api/operations.ts';
import { call, type ApiError } from '../../api/client.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Column } from '../../kit/table/data-table.tsx';
import styles from './messages-page.module.css';

const TEXTS = defineTexts({
  keys: ['业务键', 'Business keys'],
  large: ['内容较大，请打开消息查看', 'Large: open the message'],
});

type KeysById = Readonly<Record<string, BusinessKeys>>;
type KeysColumn = Column<Pick<ExecutionSummary, 'executionId'>>;

const AT_ONCE = 200;

export async function readKeys(ids: readonly string[], signal: AbortSignal): Promise<KeysById> {
  const found: Record<string, BusinessKeys> = {};
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const answer = await call('executions.keys', { ids: ids.slice(start, start + AT_ONCE) }, { signal });
    Object.assign(found, answer.keys);
  }
  return found;
}

/** Loads the keys and returns their column; returns no column for users who may not see keys. */
export function useKeysColumn(rows: readonly Pick<ExecutionSummary, 'executionId'>[]): readonly KeysColumn[] {
  const columnOf = useKeysColumnOf();
  const ids = rows.map(({ executionId }) => executionId);
  const { data = {} } = useQuery<KeysById, ApiError>({
    queryKey: ['executions.keys', ids],
    queryFn: ({ signal }) => readKeys(ids, signal),
    enabled: columnOf !== undefined && ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  return columnOf === undefined ? [] : [columnOf(data)];
}

/**
 * Returns a function that creates the column from keys that are already loaded; undefined for users who may not see
 * keys.
 */
export function useKeysColumnOf(): ((keys: KeysById) => KeysColumn) | undefined {
  const t = useTexts(TEXTS);
  const may = useMay();
  if (!may('executions.payload')) return undefined;
  const wordsOf = (keys: BusinessKeys | undefined): readonly (readonly [string, string])[] =>
    keys === undefined ? [] : keys === 'large' ? [['', t('large')]] : Object.entries(keys);
  return (keys) => ({
    key: 'keys',
    title: t('keys'),
    value: ({ executionId }) =>
      wordsOf(keys[executionId])
        .map(([name, value]) => (name === '' ? value : `${name}=${value}`))
        .join('; '),
    render: ({ executionId }) => {
      const words = wordsOf(keys[executionId]);
      if (words.length === 0) return '—';
      return (
        <span className={styles.keys}>
          {words.map(([name, value]) => (
            <span key={name}>
              {name === '' ? null : <span className={styles.hint}>{name} </span>}
              {value}
            </span>
          ))}
        </span>
      );
    },
  });
}
