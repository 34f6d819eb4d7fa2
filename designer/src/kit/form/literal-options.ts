import { literalsOf } from '../../../../engine/contract/values/field-kind.ts';
import { useText } from '../../i18n/texts.ts';
import type { FieldSchema } from './field-schema.ts';

export interface LiteralOption {
  readonly value: string | number | boolean;
  readonly label: string;
}

/** The values to choose from, with their words; codes without words are shown as they are. `texts` holds the words where the choice is a list's item. */
export function useLiteralOptions(schema: FieldSchema | undefined, texts: FieldSchema['text'] = schema?.text): LiteralOption[] {
  const text = useText();
  return (literalsOf(schema) ?? []).map((value) => ({ value, label: text(texts?.options?.[String(value)]) || String(value) }));
}
