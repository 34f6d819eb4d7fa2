import { literalsOf } from '../../../../engine/contract/values/field-kind.ts';
import { useText } from '../../i18n/texts.ts';
import type { FieldSchema } from './field-schema.ts';

export interface LiteralOption {
  readonly value: string | number | boolean;
  readonly label: string;
}

/**
 * Returns the values to choose from, with their labels. A value without a label is shown unchanged. `texts` must be
 * passed if the choice is the item of a list.
 */
export function useLiteralOptions(schema: FieldSchema | undefined, texts: FieldSchema['text'] = schema?.text): LiteralOption[] {
  const text = useText();
  return (literalsOf(schema) ?? []).map((value) => ({ value, label: text(texts?.options?.[String(value)]) || String(value) }));
}
