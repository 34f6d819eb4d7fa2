import { Empty } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Permission } from '../../../../engine/contract/access/access.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './empty-state.module.css';
import { useWhoMay } from './who-may.ts';

const TEXTS = defineTexts({
  others: ['这里由{{roles}}建立，您的角色没有此权限。', 'Created by: {{roles}}. Your roles do not give that right.'],
  noAccount: [
    '还没有这样的账号时，请系统管理员在“账号”页新建。',
    'If there is no such account, ask the system administrator to create one on the page "Accounts".',
  ],
  make: ['您可以在“账号”页建立这样的账号', 'You can create such an account on the page "Accounts"'],
});

interface EmptyStateProps {
  readonly title: string;
  readonly next?: ReactNode;
  readonly action?: ReactNode;
  /** The permission to add to the list. A user without it sees the roles that have it, instead of `next`. */
  readonly needs?: Permission;
}

/** Shows that a list is empty, and what the user can do next. */
export function EmptyState({ title, next, action, needs }: EmptyStateProps) {
  const may = useMay();
  const shown = needs === undefined || may(needs) ? next : <ByOthers needs={needs} />;
  return (
    <Empty
      className={styles.empty ?? ''}
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <div className={styles.title}>{title}</div>
          {shown === undefined ? null : <div className={styles.next}>{shown}</div>}
        </>
      }
    >
      {action}
    </Empty>
  );
}

function ByOthers({ needs }: { readonly needs: Permission }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const whoMay = useWhoMay();
  return (
    <>
      <div>{t('others', { roles: whoMay(needs) })}</div>
      {may('system.edit') ? <Link to="/accounts">{t('make')}</Link> : <div>{t('noAccount')}</div>}
    </>
  );
}
