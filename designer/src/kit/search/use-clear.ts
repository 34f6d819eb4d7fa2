import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({ clear: ['清除', 'Clear'] });

/** Returns the value of `allowClear` for a choice that can be cleared. The label of antd would be English. */
export function useClear(): { readonly label: string } {
  return { label: useTexts(TEXTS)('clear') };
}
