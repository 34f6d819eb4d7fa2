/** Describes the options of a policy in one line. */
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { fieldsOf, kindOf, type Field, type FieldSchema } from '../../kit/form/field-schema.ts';
import type { Content } from '../../kit/document/content.ts';

const TEXTS = defineTexts({
  option: ['{{label}}：{{value}}', '{{label}}: {{value}}'],
  between: ['；', '; '],
  yes: ['是', 'yes'],
  no: ['否', 'no'],
  more: ['{{shown}}等 {{count}} 项', '{{shown}} and others, {{count}} in all'],
  count: ['{{count}} 项', '{{count}}'],
});

/** Number of items of a list that are named. */
const MOST_NAMED = 2;

/**
 * Returns a function that lists options with their values, defaults included. It returns an empty text if no option has
 * a value.
 */
export function useOptionsInWords(): (schema: FieldSchema, options: Content) => string {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();

  const nameOf = (value: unknown, { text: texts }: FieldSchema) => text(texts?.options?.[String(value)]) || String(value);

  const listInWords = (list: readonly unknown[], schema: FieldSchema): string => {
    if (list.some((item) => typeof item === 'object')) return t('count', { count: list.length });
    const names = list.map((item) => nameOf(item, schema));
    if (names.length <= MOST_NAMED) return format.list(names);
    return t('more', { shown: format.list(names.slice(0, MOST_NAMED)), count: names.length });
  };

  const valueInWords = (value: unknown, schema: FieldSchema): string => {
    if (Array.isArray(value)) return listInWords(value, schema);
    if (isRecord(value)) return t('count', { count: Object.keys(value).length });
    if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
    if (typeof value !== 'number') return nameOf(value, schema);
    const kind = kindOf(schema);
    if (kind === 'duration-ms') return format.duration(value);
    return kind === 'size-bytes' ? format.size(value) : format.number(value);
  };

  const fieldInWords = ({ name, schema }: Field, options: Content): string | undefined => {
    const value = options[name] ?? schema.default;
    if (value === undefined || isEmpty(value)) return undefined;
    return t('option', { label: text(schema.text?.label) || name, value: valueInWords(value, schema) });
  };

  return (schema, options) =>
    fieldsOf(schema)
      .flatMap((field) => fieldInWords(field, options) ?? [])
      .join(t('between'));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
