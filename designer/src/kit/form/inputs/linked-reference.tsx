import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ReferenceSelect, type ReferenceSelectProps } from './reference-select.tsx';
import styles from '../fields.module.css';

interface LinkedReferenceProps extends ReferenceSelectProps {
  /** Address of the list of documents; the page of a document is `<page>/<id>`. Undefined if documents have no page. */
  readonly page: string | undefined;
  /** Text of the link. */
  readonly open: string;
  /** Shown between the selection and the links. */
  readonly problem?: ReactNode;
  /** Further links. */
  readonly links?: ReactNode;
}

/** Selects a document by id, with a link to the selected one. */
export function LinkedReference({ page, open, problem, links, ...select }: LinkedReferenceProps) {
  const value = page === undefined ? undefined : select.value;
  return (
    <div className={styles.stack}>
      <ReferenceSelect {...select} />
      {problem}
      {value === undefined && !links ? null : (
        <div className={styles.links}>
          {value === undefined ? null : (
            <Link to={`${page}/${value}`}>
              <ExternalLink size={12} aria-hidden /> {open}
            </Link>
          )}
          {links}
        </div>
      )}
    </div>
  );
}
