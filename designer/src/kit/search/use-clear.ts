import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({ clear: ['清除', 'Clear'] });

/**
 * Returns the value of `allowClear` for a field that the user can clear, with a label in the page's language. The
 * default label of antd is English.
 */
export function useClear(): { readonly label: string } {
  return { label: useTexts(TEXTS)('clear') };
}
