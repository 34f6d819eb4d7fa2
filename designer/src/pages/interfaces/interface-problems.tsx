import { Alert } from 'antd';
import { useEffect, useState } from 'react';
import { errorText } from '../../../../engine/contract/error-texts.ts';
import type { Input } from '../../api/client.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../parts/error-box.tsx';

const TEXTS = defineTexts({ problems: ['保存前要改的问题', 'Problems to solve before it is saved'], notes: ['提醒', 'Notes'] });
const PAUSE_MS = 500;

/** What the platform finds wrong with a document that is being changed, after a pause in typing. */
export function InterfaceProblems({ document }: { readonly document: Readonly<Record<string, unknown>> }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [checked, setChecked] = useState(document);
  useEffect(() => {
    const timer = setTimeout(() => setChecked(document), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [document]);
  const report = useQueryOf(
    'interfaces.validate',
    { document: checked as Input<'interfaces.validate'>['document'] },
    { keepPrevious: true },
  );
  if (report.error !== null) return <ErrorBox error={report.error} />;
  const issues = report.data?.issues ?? [];
  if (issues.length === 0) return null;
  const isWrong = report.data?.valid === false;
  const lines = issues.map((issue, index) => {
    const { what, fix } = errorText(issue, language);
    return (
      <li key={index}>
        <code>{issue.path}</code> {what} {fix}
      </li>
    );
  });
  return (
    <Alert type={isWrong ? 'error' : 'warning'} showIcon title={isWrong ? t('problems') : t('notes')} description={<ul>{lines}</ul>} />
  );
}
