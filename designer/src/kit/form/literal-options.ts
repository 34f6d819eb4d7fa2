import { literalsOf } from '../../../../engine/contract/values/field-kind.ts';
import { useText } from '../../i18n/texts.ts';
import type { FieldSchema } from './field-schema.ts';

export interface LiteralOption {
  readonly value: string | number | boolean;
  readonly label: string;
}

/**
 * Returns the values to choose from, with their labels. A value without a label is its own label. For a list, `schema`
 * is that of the items and `texts` are the labels of the list.
 */
export function useLiteralOptions(schema: FieldSchema | undefined, texts: FieldSchema['text'] = schema?.text): LiteralOption[] {
  const text = useText();
  return (literalsOf(schema) ?? []).map((value) => ({ value, label: text(texts?.options?.[String(value)]) || String(value) }));
}
