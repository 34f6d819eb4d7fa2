import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react';
import { errorText } from '../../../engine/contract/error-texts.ts';
import { useEditor, useEditorStore } from '../editor/editor-context.tsx';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import type { Problem } from '../model/issues.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  none: ['没有发现问题', 'No problems found'],
  noneNext: ['可以试运行，然后发布。', 'Try it, then publish.'],
  help: [
    '点一条问题就会打开出问题的字段。错误必须改正才能发布，警告不阻止发布。',
    'Click a problem to open its field. Errors prevent publishing, warnings do not.',
  ],
  flow: ['流程设置', 'Flow settings'],
  wire: ['连线', 'Wire'],
  test: ['测试 {{number}}', 'Test {{number}}'],
  error: ['错误', 'Error'],
  warning: ['警告', 'Warning'],
});

/** Every problem of the flow at once, errors first; each leads to its field. */
export function ProblemsPanel() {
  const t = useTexts(TEXTS);
  const problems = useEditor((editor) => editor.problems.all);
  if (problems.length === 0)
    return <EmptyState title={t('none')} next={t('noneNext')} action={<CircleCheck size={32} className={styles.good ?? ''} />} />;
  return (
    <div className={styles.panel}>
      <p className={styles.hint}>{t('help')}</p>
      <ul className={styles.list}>
        {problems.map((problem, index) => (
          <ProblemLine key={index} problem={problem} />
        ))}
      </ul>
    </div>
  );
}

function ProblemLine({ problem: { issue, place } }: { readonly problem: Problem }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { openField, openPanel, select } = useEditorStore().getState();
  const nodeId = 'node' in place ? place.node : undefined;
  const label = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId)?.label);
  const { what, fix } = errorText(issue, language);
  const where = label ?? (place.kind === 'edge' ? t('wire') : place.kind === 'test' ? t('test', { number: place.test + 1 }) : t('flow'));
  const show = () => {
    if (place.kind === 'node') openField(place.node, place.field);
    else if (place.kind === 'settings') openField(undefined, place.field);
    else if (place.kind === 'test') openPanel('tests');
    else select({ edges: [place.edge] });
  };
  const isError = issue.severity === 'error';
  const Icon = isError ? CircleX : TriangleAlert;
  return (
    <li>
      <button type="button" className={styles.problem} onClick={show}>
        <Icon size={16} className={isError ? styles.bad : styles.doubtful} aria-label={isError ? t('error') : t('warning')} />
        <span>
          <strong>{where}</strong>
          <span className={styles.what}>{what}</span>
          {fix === undefined ? null : <span className={styles.hint}>{fix}</span>}
        </span>
      </button>
    </li>
  );
}
