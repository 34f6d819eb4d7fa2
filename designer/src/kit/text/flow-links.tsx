import { Link } from 'react-router';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import styles from './flow-links.module.css';

const TEXTS = defineTexts({
  nobody: ['无', 'None'],
  draft: ['（仅草稿）', ' (draft only)'],
  between: ['、', ', '],
});

interface FlowLinksProps {
  readonly flows: readonly { readonly flowId: string; readonly name: Text; readonly inPublished: boolean }[];
}

/** Names flows that use something, with links. */
export function FlowLinks({ flows }: FlowLinksProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  if (flows.length === 0) return <span>{t('nobody')}</span>;
  return flows.map(({ flowId, name, inPublished }, index) => (
    <span key={flowId}>
      {index === 0 ? '' : t('between')}
      <Link to={`/flows/${flowId}`}>{text(name) || flowId}</Link>
      {inPublished ? null : <span className={styles.draft}>{t('draft')}</span>}
    </span>
  ));
}
