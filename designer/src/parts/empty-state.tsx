import { Empty } from 'antd';
import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** Nothing here yet, and what to do next. */
export function EmptyState({ title, next, action }: { readonly title: string; readonly next?: ReactNode; readonly action?: ReactNode }) {
  return (
    <Empty
      className={styles.empty ?? ''}
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <div className={styles.title}>{title}</div>
          {next === undefined ? null : <div className={styles.next}>{next}</div>}
        </>
      }
    >
      {action}
    </Empty>
  );
}
