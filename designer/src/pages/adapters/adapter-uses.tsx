import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Panel } from '../../parts/page-header.tsx';
import { UseList } from '../../parts/remove-button.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  title: ['使用它的流程', 'Used by flows'],
  unused: ['没有流程使用', 'No flow uses it'],
  published: ['线上', 'Live'],
  draft: ['草稿', 'Draft'],
});

/** Flows that speak through the adapter, and by which of their nodes. */
export function AdapterUses({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const uses = useQueryOf('flows.uses', { adapterId });
  const flows = (uses.data?.flows ?? []).map(({ flowId, name, inPublished, nodes }) => ({
    label: text(name) || flowId,
    to: `/flows/${flowId}`,
    mark: (
      <>
        <Tag tone={inPublished ? 'green' : 'grey'}>{inPublished ? t('published') : t('draft')}</Tag>
        <span className={styles.quiet}>{nodes.map(({ label }) => label).join(' · ')}</span>
      </>
    ),
  }));
  return (
    <Panel title={t('title')}>
      {uses.error === null ? null : <ErrorBox error={uses.error} />}
      {uses.data !== undefined && flows.length === 0 ? <span className={styles.quiet}>{t('unused')}</span> : <UseList uses={flows} />}
    </Panel>
  );
}
