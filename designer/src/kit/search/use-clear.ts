import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({ clear: ['清除', 'Clear'] });

/** The value of `allowClear` for a choice that can be cleared: antd's own label is English. */
export function useClear(): { readonly label: string } {
  return { label: useTexts(TEXTS)('clear') };
}
