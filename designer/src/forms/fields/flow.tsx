import { ExternalLink } from 'lucide-react';
import { Link } from 'react-router';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { ReferenceSelect, Warning } from '../reference-select.tsx';
import styles from './fields.module.css';

const TEXTS = defineTexts({
  open: ['打开流程', 'Open the flow'],
  draft: ['未发布', 'Not published'],
});

export function FlowField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const flows = useQueryOf('flows.list', {});
  const chosen = typeof value === 'string' ? value : undefined;
  const references = flows.data?.items.map(({ flowId, name, publishedVersion }) => ({
    id: flowId,
    name: text(name) || flowId,
    ...(publishedVersion === undefined ? { mark: <Warning words={t('draft')} /> } : {}),
  }));
  return (
    <div className={styles.stack}>
      <ReferenceSelect
        id={id}
        label={label}
        value={chosen}
        references={references}
        isLoading={flows.isPending}
        onChange={onChange}
        isInvalid={isInvalid}
      />
      {chosen === undefined ? null : (
        <div className={styles.links}>
          <Link to={`/flows/${chosen}`}>
            <ExternalLink size={12} aria-hidden /> {t('open')}
          </Link>
        </div>
      )}
    </div>
  );
}
