import { Input } from 'antd';
import { Search } from 'lucide-react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './panes.module.css';

const TEXTS = defineTexts({ none: ['没有找到“{{query}}”', 'Nothing found for "{{query}}"'] });

interface PaneSearchProps {
  readonly label: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
}

/** Shows the search box above a tree. */
export function PaneSearch({ label, query, onQuery }: PaneSearchProps) {
  return (
    <Input
      size="small"
      className={styles.search ?? ''}
      allowClear
      prefix={<Search size={14} aria-hidden />}
      placeholder={label}
      aria-label={label}
      value={query}
      onChange={(event) => onQuery(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || query === '' || event.nativeEvent.isComposing) return;
        event.stopPropagation();
        onQuery('');
      }}
    />
  );
}

export function NothingFound({ query }: Pick<PaneSearchProps, 'query'>) {
  const t = useTexts(TEXTS);
  return (
    <p className={styles.empty} role="status">
      {t('none', { query: query.trim() })}
    </p>
  );
}
