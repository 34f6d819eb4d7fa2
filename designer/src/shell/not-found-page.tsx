import { Button } from 'antd';
import { useNavigate } from 'react-router';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { EmptyState } from '../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../kit/page/page-header.tsx';

const TEXTS = defineTexts({
  title: ['没有这个页面', 'This page does not exist'],
  why: ['地址可能写错，或者页面已被移走。', 'The address may be wrong, or the page has moved.'],
  back: ['回到概览', 'Go to the overview'],
});

export function NotFoundPage() {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  return (
    <Page>
      <PageHeader title={t('title')} />
      <EmptyState
        title={t('why')}
        action={
          <Button type="primary" onClick={() => void go('/overview')}>
            {t('back')}
          </Button>
        }
      />
    </Page>
  );
}
