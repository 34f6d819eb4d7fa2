import { defineTexts } from '../../i18n/text-pairs.ts';

/** Texts that several parts of the adapter pages share. */
export const ADAPTER_TEXTS = defineTexts({
  adapters: ['适配器', 'Adapters'],
  create: ['新建适配器', 'New adapter'],
});
