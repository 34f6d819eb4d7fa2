import { ExternalLink } from 'lucide-react';
import { Link } from 'react-router';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { ReferenceSelect } from '../reference-select.tsx';
import styles from './fields.module.css';

const TEXTS = defineTexts({ open: ['查看代码表', 'Open the table'] });

export function CodeTableField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const tables = useQueryOf('tables.list', {});
  const chosen = typeof value === 'string' ? value : undefined;
  const references = tables.data?.items.map(({ tableId, name }) => ({ id: tableId, name: text(name) || tableId }));
  return (
    <div className={styles.stack}>
      <ReferenceSelect
        id={id}
        label={label}
        value={chosen}
        references={references}
        isLoading={tables.isPending}
        onChange={onChange}
        isInvalid={isInvalid}
      />
      {chosen === undefined ? null : (
        <div className={styles.links}>
          <Link to={`/code-tables/${chosen}`}>
            <ExternalLink size={12} aria-hidden /> {t('open')}
          </Link>
        </div>
      )}
    </div>
  );
}
