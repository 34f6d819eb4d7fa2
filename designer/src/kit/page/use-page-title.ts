import { useEffect } from 'react';
import { useEnvironment } from '../../session/environment.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({ product: ['康桥', 'Kangqiao'], production: ['【生产】', '[PROD] '] });

/** Sets the title of the browser's tab. Does nothing if `title` is undefined; another component then sets it. */
export function usePageTitle(title: string | undefined): void {
  const t = useTexts(TEXTS);
  const { isProduction } = useEnvironment();
  useEffect(() => {
    if (title !== undefined) document.title = `${isProduction ? t('production') : ''}${title} · ${t('product')}`;
  }, [title, isProduction, t]);
}
