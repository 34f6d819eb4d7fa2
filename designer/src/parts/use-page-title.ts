import { useEffect } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';

const TEXTS = defineTexts({ product: ['康桥', 'Kangqiao'] });

/** Names the browser's tab; undefined leaves it to who stands around. */
export function usePageTitle(title: string | undefined): void {
  const t = useTexts(TEXTS);
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · ${t('product')}`;
  }, [title, t]);
}
