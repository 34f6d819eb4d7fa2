import { Alert, Button } from 'antd';
import { ApiError } from '../api/client.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from './error-box.tsx';

const TEXTS = defineTexts({
  stale: [
    '别人刚刚保存了新版本。您的修改还在本页：载入对方的版本会丢掉它们。',
    'Somebody else has just saved a newer version. Your changes are still on this page; loading the other version loses them.',
  ],
  reload: ['载入对方的版本', 'Load the other version'],
});

/** Why a document was not saved; of one that somebody else saved in the meantime, how to go on. */
export function SaveProblem({ error, onReload }: { readonly error: unknown; readonly onReload: () => void }) {
  const t = useTexts(TEXTS);
  if (error === null || error === undefined) return null;
  if (!(error instanceof ApiError && error.code === 'STALE_REVISION')) return <ErrorBox error={error} />;
  return <Alert type="warning" showIcon title={t('stale')} action={<Button onClick={onReload}>{t('reload')}</Button>} />;
}
