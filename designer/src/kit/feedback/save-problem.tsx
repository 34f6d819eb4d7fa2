import { Alert, Button } from 'antd';
import { ApiError } from '../../api/client.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from './error-box.tsx';

const TEXTS = defineTexts({
  stale: [
    '别人刚刚保存了新版本。您的修改还在本页：载入对方的版本会丢掉它们。',
    'Someone else has just saved a newer version. Your changes are still on this page; loading the other version discards them.',
  ],
  taken: ['此编号已被使用，请换一个编号。', 'This id is already used; choose another.'],
  reload: ['载入对方的版本', 'Load the other version'],
});

interface SaveProblemProps {
  readonly error: unknown;
  readonly onReload: () => void;
  /** True for a new document. If the server says that its revision is outdated, another document already has its id. */
  readonly isNew?: boolean;
}

/** Shows why a document was not saved. If another user saved it in the meantime, shows how to continue. */
export function SaveProblem({ error, onReload, isNew = false }: SaveProblemProps) {
  const t = useTexts(TEXTS);
  if (error === null || error === undefined) return null;
  if (!(error instanceof ApiError && error.code === 'STALE_REVISION')) return <ErrorBox error={error} />;
  if (isNew) return <Alert type="error" showIcon title={t('taken')} />;
  return <Alert type="warning" showIcon title={t('stale')} action={<Button onClick={onReload}>{t('reload')}</Button>} />;
}
