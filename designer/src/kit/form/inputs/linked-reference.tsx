import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ReferenceSelect, type ReferenceSelectProps } from './reference-select.tsx';
import styles from '../fields.module.css';

interface LinkedReferenceProps extends ReferenceSelectProps {
  /** Page of the documents; that of the chosen one is beneath it. Undefined: the chosen one cannot be opened. */
  readonly page: string | undefined;
  /** Words of the link to it. */
  readonly open: string;
  /** Between the choice and the links. */
  readonly problem?: ReactNode;
  /** Links beside that to the chosen one. */
  readonly links?: ReactNode;
}

/** A document that is picked by its id, with a link to what was chosen. */
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
