import { Tooltip } from 'antd';
import styles from './one-line-text.module.css';

/** Words of any length in one line of a table; the whole stands in the tooltip. */
export function OneLine({ children }: { readonly children: string }) {
  return (
    <Tooltip title={children}>
      <div className={styles.line}>{children}</div>
    </Tooltip>
  );
}
