/** Describes the outcome of an action in words. */
import { useCallback } from 'react';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  done: ['成功', 'Done'],
  refused: ['失败', 'Failed'],
  begun: ['已开始，未见结束', 'Started, no end recorded'],
});

export function useOutcomeWords(): (act: { readonly outcome?: string }) => string {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return useCallback(
    ({ outcome }) => {
      if (outcome === undefined) return t('begun');
      if (outcome === 'done') return t('done');
      // The audit trail stores only the error code. The English sentence of an error needs values that are missing
      // here, so it is not used.
      const { what } = errorText({ code: outcome, message: outcome }, language);
      return language === 'en' ? `${t('refused')}: ${outcome}` : `${t('refused')}：${what}（${outcome}）`;
    },
    [t, language],
  );
}
