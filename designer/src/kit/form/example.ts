import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldSchema } from './field-schema.ts';

const TEXTS = defineTexts({ example: ['例：{{example}}', 'For example {{example}}'] });

/** Returns the placeholder of an empty field: the default if there is one, otherwise the example. */
export function usePlaceholder(schema: FieldSchema): string {
  const t = useTexts(TEXTS);
  const example = schema.text?.example;
  if (typeof schema.default === 'string' && schema.default !== '') return schema.default;
  return example === undefined ? '' : t('example', { example });
}
