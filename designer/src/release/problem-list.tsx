import { CircleX, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import type { Issue } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { useErrorText } from '../kit/feedback/use-error-text.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { edgeField, flowField, nodeField } from '../model/problems/field-names.ts';
import { collectProblems, type Problem, type ProblemPlace } from '../model/problems/issues.ts';
import styles from './release.module.css';

const TEXTS = defineTexts({
  flow: ['流程设置', 'Flow settings'],
  wire: ['连线', 'Wire'],
  test: ['测试 {{number}}', 'Test {{number}}'],
  error: ['错误', 'Error'],
  warning: ['警告', 'Warning'],
});

/** Lists problems, each linked to its field. */
export function ProblemList({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <ul className={styles.list}>
      {problems.map((problem, index) => (
        <ProblemLine key={index} problem={problem} />
      ))}
    </ul>
  );
}

/** Lists issues, each linked to its field. `document` is the document that was checked. */
export function IssueList({ issues, document }: { readonly issues: readonly Issue[]; readonly document: FlowDocument }) {
  const problems = useMemo(() => collectProblems(issues, document), [issues, document]);
  return <ProblemList problems={problems.all} />;
}

function ProblemLine({ problem: { issue, place } }: { readonly problem: Problem }) {
  const t = useTexts(TEXTS);
  const told = useErrorText(issue);
  const { openField, openPanel, select } = useEditorStore().getState();
  const nodeId = 'node' in place ? place.node : undefined;
  const label = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId)?.label);
  const field = useFieldName(place);
  const { what, fix } = told(inFormWords(issue, field));
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
          <strong>{[where, field].filter(Boolean).join(' · ')}</strong>
          <span className={styles.what}>{what}</span>
          {fix === undefined ? null : <span className={styles.hint}>{fix}</span>}
        </span>
      </button>
    </li>
  );
}

/**
 * Returns the issue with the labels of its fields as the form shows them. The schema's message contains the field's
 * technical name, which the author may not know.
 */
function inFormWords(issue: Issue, name: string): Issue {
  const key = issue.values?.['field'];
  const label = name.split(' › ').at(-1);
  if (typeof key !== 'string' || label === undefined || label === '') return issue;
  return { ...issue, message: issue.message.replaceAll(`"${key}"`, `"${label}"`), values: { ...issue.values, field: label } };
}

function useFieldName(place: ProblemPlace): string {
  const language = useLanguage();
  const types = useEditor((editor) => editor.types);
  const type = useEditor(({ history }) => history.document.nodes.find(({ id }) => 'node' in place && id === place.node)?.type);
  switch (place.kind) {
    case 'node':
      return type === undefined ? '' : nodeField(types, type, place.field, language).label;
    case 'edge':
      return edgeField(place.field, language).label;
    case 'settings':
      return flowField(place.field, language).label;
    case 'test':
      return '';
  }
}
