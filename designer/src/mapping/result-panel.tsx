/** Shows the mapping's result for the sample as one document, and its problems. */
import { Button } from 'antd';
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { rulePointer } from '../model/mapping/mapping-places.ts';
import { allNodes } from '../model/mapping/target-tree.ts';
import { EmptyState } from '../kit/feedback/empty-state.tsx';
import { DataViewer } from '../viewer/data-viewer.tsx';
import { useIssueWords } from './trees/issue-words.ts';
import { useMappingView } from './context/mapping-context.tsx';
import styles from './result-panel.module.css';

const TEXTS = defineTexts({
  noSample: ['还没有样例', 'There is no sample yet'],
  noSampleNext: [
    '在上方“样例”中选择一个测试、一条真实消息，或自己填写。',
    'Choose a test or a real message under "Sample" above, or write one.',
  ],
  good: ['所有规则都能算出', 'All rules work'],
  problems: [
    '{{count}} 条规则出错：真正运行时整个映射会失败，这里只显示其余规则的结果。',
    '{{count}} rules fail: in a real run the whole mapping would fail. The results of the others are shown here.',
  ],
  open: ['{{count}} 个必填目标未映射', '{{count}} required targets are not mapped'],
  output: ['映射结果', 'Result of the mapping'],
});

interface ResultPanelProps {
  readonly onShow: (key: string) => void;
}

export function ResultPanel({ onShow }: ResultPanelProps) {
  const t = useTexts(TEXTS);
  const { preview, sample } = useMappingView();
  return (
    <div className={styles.panel}>
      <Open onShow={onShow} />
      {sample.data === undefined ? <EmptyState title={t('noSample')} next={t('noSampleNext')} /> : null}
      {preview === undefined ? null : (
        <>
          <Problems onShow={onShow} />
          <DataViewer label={t('output')} message={{ form: 'json', data: preview.output }} />
        </>
      )}
    </div>
  );
}

function Problems({ onShow }: ResultPanelProps) {
  const t = useTexts(TEXTS);
  const words = useIssueWords();
  const { preview, tree } = useMappingView();
  const keys = useMemo(
    () => new Map(allNodes(tree).flatMap(({ key, rules }) => rules.map(({ pointer }) => [pointer, key] as const))),
    [tree],
  );
  const problems = preview?.problems ?? [];
  if (problems.length === 0) {
    return (
      <p className={styles.good}>
        <CircleCheck size={14} aria-hidden /> {t('good')}
      </p>
    );
  }
  return (
    <div className={styles.bad} role="alert">
      <p>
        <CircleAlert size={14} aria-hidden /> {t('problems', { count: problems.length })}
      </p>
      <ul>
        {problems.map((problem, index) => {
          const key = keys.get(rulePointer(problem.path));
          return (
            <li key={index}>
              {key === undefined ? null : (
                <Button type="link" size="small" onClick={() => onShow(key)}>
                  {key}
                </Button>
              )}
              {words(problem).what}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Open({ onShow }: ResultPanelProps) {
  const t = useTexts(TEXTS);
  const { unfilled } = useMappingView();
  if (unfilled.size === 0) return null;
  return (
    <div className={styles.open} role="status">
      <p>
        <TriangleAlert size={14} aria-hidden /> {t('open', { count: unfilled.size })}
      </p>
      <div>
        {[...unfilled].slice(0, 20).map((key) => (
          <Button key={key} type="link" size="small" onClick={() => onShow(key)}>
            {key}
          </Button>
        ))}
      </div>
    </div>
  );
}
