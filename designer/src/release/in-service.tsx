import { Alert } from 'antd';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { useQueryOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { IssueList } from './problem-list.tsx';

const TEXTS = defineTexts({
  found: [
    '线上版本有 {{count}} 处会被现在的校验拒绝',
    '{{count}} {{count|problem|problems}} in the version in service would be refused today',
  ],
  goesOn: [
    '它照常运行，但这些地方可能对某些消息不起作用；下次发布前必须改正。',
    'It stays in service, but may not work for some messages; correct these before you publish again.',
  ],
});

/**
 * The checks may have become stricter since the version was published. Shows the errors that they find in it now. The
 * version continues to run (`docs/decisions/0036`).
 */
export function InService({ document }: { readonly document: FlowDocument }) {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('flows.validate', { document });
  const errors = data?.issues.filter(({ severity }) => severity === 'error') ?? [];
  if (errors.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t('found', { count: errors.length })}
      description={
        <>
          <p>{t('goesOn')}</p>
          <IssueList issues={errors} document={document} />
        </>
      }
    />
  );
}
