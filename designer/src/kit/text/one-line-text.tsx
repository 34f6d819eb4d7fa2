import { Tooltip } from 'antd';
import styles from './one-line-text.module.css';

/** Text truncated to one line of a table; the tooltip shows all of it. */
export function OneLine({ children }: { readonly children: string }) {
  return (
    <Tooltip title={children}>
      <div className={styles.line}>{children}</div>
    </Tooltip>
  );
}
