/**
 * Lists the fields of a schema as rows of a Markdown table: path, type with its bounds, default, and meaning in both
 * languages.
 */
import { isPlainPattern } from '../../engine/contract/values/plain-text.ts';
import { isAnyName } from '../../engine/contract/values/named-values.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { FieldText, FieldWhen, Text } from '../../engine/contract/values/texts.ts';

type Schema = Readonly<Record<string, unknown>>;

export interface FieldRow {
  readonly path: string;
  readonly schema: Schema;
  /** `alternative`: the parent has several forms, and the field is required in only some of them. */
  readonly presence: 'required' | 'optional' | 'alternative';
  readonly type: string;
  readonly default: unknown;
  readonly text: FieldText | undefined;
}

/**
 * Returns the fields of an object schema, each followed by its inner fields. A condition or mapping has a separate
 * grammar and is one row.
 */
export function rowsOf(schema: unknown, prefix = ''): FieldRow[] {
  if (!isRecord(schema)) return [];
  const { properties, required } = schema as { readonly properties?: Schema; readonly required?: readonly string[] };
  return Object.entries(properties ?? {}).flatMap(([name, field]) =>
    fieldRows(`${prefix}${name}`, field as Schema, required?.includes(name) === true),
  );
}

function fieldRows(path: string, field: Schema, isRequired: boolean): FieldRow[] {
  const own: FieldRow = {
    path,
    schema: field,
    presence: isRequired && field['default'] === undefined ? 'required' : 'optional',
    type: typeOf(field),
    default: field['default'],
    text: field['text'] as FieldText | undefined,
  };
  return [own, ...insideOf(path, field)];
}

function insideOf(path: string, field: Schema): FieldRow[] {
  if (isLeaf(field)) return [];
  const { items, anyOf, patternProperties } = field;
  if (isRecord(field['properties'])) return rowsOf(field, `${path}.`);
  if (isRecord(items)) return insideOf(`${path}[]`, items);
  if (isRecord(patternProperties)) return Object.values(patternProperties).flatMap((value) => insideOf(`${path}.<name>`, value as Schema));
  return Array.isArray(anyOf)
    ? alternativesOf(anyOf.map((member) => insideOf(path, member as Schema)).filter((rows) => rows.length > 0))
    : [];
}

/** Merges the fields of several forms. A field that all forms have is one row with the values of all forms. */
function alternativesOf(forms: readonly (readonly FieldRow[])[]): FieldRow[] {
  const paths = new Set(forms.flatMap((rows) => rows.map(({ path }) => path)));
  return [...paths].map((path): FieldRow => {
    const found = forms.flatMap((rows) => rows.filter((row) => row.path === path));
    const [first] = found as [FieldRow, ...FieldRow[]];
    const isInside = [...paths].some((other) => path.startsWith(`${other}.`));
    if (found.length < forms.length) return first.presence === 'required' && !isInside ? { ...first, presence: 'alternative' } : first;
    return { ...first, type: [...new Set(found.map(({ type }) => type))].join(', ') };
  });
}

/**
 * Text shown as the type of a field with content that is described on another page or in one line: texts in both
 * languages, operands, conditions and mappings.
 */
const OWN_GRAMMAR: Readonly<Record<string, string>> = {
  'text-both': 'text in both languages: `{"zh-CN": "…", "en": "…"}`',
  condition: '[condition](CONDITIONS)',
  operand: '[operand](CONDITIONS#operands)',
  mapping: '[mapping](MAPPINGS)',
  'json-schema': 'JSON Schema',
  json: 'any JSON',
};

function isLeaf(field: Schema): boolean {
  return typeof field['editor'] === 'string' && Object.hasOwn(OWN_GRAMMAR, field['editor']);
}

function typeOf(field: Schema): string {
  if (isLeaf(field)) return OWN_GRAMMAR[field['editor'] as string]!;
  if (field['editor'] === 'body') return '`"message"`, `"none"` or [operand](CONDITIONS#operands)';
  if (typeof field['$ref'] === 'string') return field['$ref'] === 'Rule' ? '[rule](#rules--规则)' : '[source](#sources--来源)';
  if (field['const'] !== undefined) return code(field['const']);
  if (Array.isArray(field['enum'])) return field['enum'].map((value) => code(value)).join(', ');
  if (Array.isArray(field['anyOf'])) return [...new Set(field['anyOf'].map((member) => typeOf(member as Schema)))].join(', ');
  switch (field['type']) {
    case 'array':
      return listType(field);
    case 'object':
      return objectType(field);
    case 'string':
      return `text${textBounds(field)}`;
    case 'integer':
    case 'number':
      return `${field['type'] === 'integer' ? 'whole number' : 'number'}${numberBounds(field)}`;
    case 'boolean':
      return 'true or false';
    default:
      return 'any JSON';
  }
}

function listType({ items, maxItems, minItems }: Schema): string {
  if (Array.isArray(items)) return `list \`[${items.map((item) => typeOf(item as Schema)).join(', ')}]\``;
  const amount =
    maxItems === undefined
      ? ''
      : minItems === undefined
        ? ` (at most ${number(maxItems)})`
        : ` (${number(minItems)} to ${number(maxItems)})`;
  return `list${amount} of ${isRecord(items) ? typeOf(items) : 'any JSON'}`;
}

function objectType({ properties, patternProperties }: Schema): string {
  if (isRecord(properties) && Object.keys(properties).length > 0) return 'object';
  const [pattern, value] = isRecord(patternProperties) ? Object.entries(patternProperties)[0]! : [undefined, undefined];
  const names = pattern === undefined || isAnyName(pattern) ? 'names' : `names matching ${code(pattern, '')}`;
  return `object: ${names} → ${isRecord(value) ? typeOf(value) : 'any JSON'}`;
}

function textBounds({ minLength, maxLength, pattern, format }: Schema): string {
  const least = typeof minLength === 'number' && minLength > 1 ? minLength : undefined;
  const parts = [
    ...(maxLength === undefined
      ? []
      : [least === undefined ? `up to ${number(maxLength)} characters` : `${least} to ${number(maxLength)} characters`]),
    ...(typeof pattern === 'string' ? [isPlainPattern(pattern) ? 'without control characters' : `matching ${code(pattern, '')}`] : []),
    ...(typeof format === 'string' ? [format] : []),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

function numberBounds({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (exclusiveMinimum !== undefined)
    return maximum === undefined ? ` above ${number(exclusiveMinimum)}` : ` above ${number(exclusiveMinimum)}, up to ${number(maximum)}`;
  if (minimum !== undefined && maximum !== undefined) return ` ${number(minimum)} to ${number(maximum)}`;
  if (minimum !== undefined) return ` from ${number(minimum)}`;
  return maximum === undefined ? '' : ` up to ${number(maximum)}`;
}

function number(value: unknown): string {
  return String(value as number);
}

/** Puts backquotes around a value that may itself contain one. */
export function code(value: unknown, quote: '"' | '' = '"'): string {
  const text = typeof value === 'string' ? `${quote}${value}${quote}` : JSON.stringify(value);
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** Returns label, when the field applies, help, the labels of a choice's options and an example, in one language. */
export function meaningOf({ label, help, options, example }: FieldText, language: keyof Text, when?: FieldWhen): string {
  const [stop, between, begin] = language === 'en' ? ['. ', '; ', 'Example: '] : ['。', '；', '例：'];
  const words = Object.entries(options ?? {}).map(([value, text]) => `${code(value, '')} ${text[language]}`);
  const parts = [
    `**${label[language]}**`,
    when === undefined ? '' : whenOf(when, language),
    help?.[language],
    words.join(between),
    example === undefined ? '' : `${begin}${code(example, '')}`,
  ];
  return parts
    .filter((part): part is string => part !== undefined && part !== '')
    .map((part) => part.replace(/[.。]$/, ''))
    .join(stop)
    .concat(stop.trim());
}

function whenOf({ field, is }: FieldWhen, language: keyof Text): string {
  const values = is.map((value) => code(value));
  return language === 'en' ? `Only if ${code(field, '')} is ${values.join(' or ')}` : `仅当 ${code(field, '')} 为 ${values.join('、')}`;
}
