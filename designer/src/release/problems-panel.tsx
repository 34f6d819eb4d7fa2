import { CircleCheck } from 'lucide-react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { EmptyState } from '../kit/feedback/empty-state.tsx';
import { ProblemList } from './problem-list.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  none: ['没有发现问题', 'No problems found'],
  noneNext: ['可以试运行，然后发布。', 'Try it, then publish.'],
  help: [
    '点一条问题就会打开出问题的字段。错误必须改正才能发布，警告不阻止发布。',
    'Click a problem to open its field. Errors prevent publishing, warnings do not.',
  ],
});

/** Lists all problems of the flow, errors first; each links to its field. */
export function ProblemsPanel() {
  const t = useTexts(TEXTS);
  const problems = useEditor((editor) => editor.problems.all);
  if (problems.length === 0)
    return <EmptyState title={t('none')} next={t('noneNext')} action={<CircleCheck size={32} className={styles.good ?? ''} />} />;
  return (
    <div className={styles.panel}>
      <p className={styles.hint}>{t('help')}</p>
      <ProblemList problems={problems} />
    </div>
  );
}
