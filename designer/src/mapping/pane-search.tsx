import { Input } from 'antd';
import { Search } from 'lucide-react';
import styles from './panes.module.css';

interface PaneSearchProps {
  readonly label: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
}

/** Finds rows of the tree below it. */
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
    />
  );
}
