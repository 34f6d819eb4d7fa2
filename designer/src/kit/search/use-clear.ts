import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({ clear: ['清除', 'Clear'] });

/** What a choice that can be taken back is given as `allowClear`: antd's own name for it is English. */
export function useClear(): { readonly label: string } {
  return { label: useTexts(TEXTS)('clear') };
}
