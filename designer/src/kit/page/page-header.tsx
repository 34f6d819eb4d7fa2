import { Breadcrumb } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import styles from './page-header.module.css';
import { usePageTitle } from './use-page-title.ts';

interface PageHeaderProps {
  readonly title: string;
  /** One sentence about the purpose of the page. */
  readonly help?: ReactNode;
  /** Breadcrumbs, without the page itself. */
  readonly trail?: readonly { readonly label: string; readonly to: string }[];
  /** Shown beside the title: states, badges. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHeader({ title, help, trail = [], beside, actions }: PageHeaderProps) {
  usePageTitle(title);
  return (
    <div className={styles.header}>
      {trail.length === 0 ? null : (
        <Breadcrumb items={[...trail.map(({ label, to }) => ({ title: <Link to={to}>{label}</Link> })), { title }]} />
      )}
      <div className={styles.row}>
        <h1>{title}</h1>
        {beside}
        <div className={styles.actions}>{actions}</div>
      </div>
      {help === undefined ? null : <p>{help}</p>}
    </div>
  );
}

/** Shows the frame of a console page: header and content with even spacing. */
export function Page({ children }: { readonly children: ReactNode }) {
  return <div className={styles.page}>{children}</div>;
}

/** Shows a framed part of a page. */
export function Panel({
  title,
  extra,
  help,
  children,
}: {
  readonly title?: ReactNode;
  readonly extra?: ReactNode;
  /** One sentence below the title. */
  readonly help?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles.panel}>
      {title === undefined ? null : (
        <div className={styles.panelTitle}>
          <h2>{title}</h2>
          <div className={styles.actions}>{extra}</div>
        </div>
      )}
      {help === undefined ? null : <p className={styles.panelHelp}>{help}</p>}
      {children}
    </section>
  );
}
