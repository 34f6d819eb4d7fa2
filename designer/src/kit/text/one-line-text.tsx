import { Tooltip } from 'antd';
import styles from './one-line-text.module.css';

/** Shows text truncated to one line of a table; the tooltip shows the whole text. */
export function OneLine({ children }: { readonly children: string }) {
  return (
    <Tooltip title={children}>
      <div className={styles.line}>{children}</div>
    </Tooltip>
  );
}
