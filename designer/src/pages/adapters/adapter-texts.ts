import { defineTexts } from '../../i18n/text-pairs.ts';

/** Words that several parts of the adapters' pages say. */
export const ADAPTER_TEXTS = defineTexts({
  adapters: ['适配器', 'Adapters'],
  create: ['新建适配器', 'New adapter'],
});
