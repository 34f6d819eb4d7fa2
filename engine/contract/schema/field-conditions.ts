/**
 * Fields that only apply to some choices of another field (`fieldWhen`), for example the virtual host of a RabbitMQ
 * broker. A field that does not apply is not shown, not saved by a form, and refused if someone else saves it.
 */
import { isRecord } from '../values/is-record.ts';
import type { FieldText, FieldWhen, Text } from '../values/texts.ts';
import { pointerStep } from './schema-problem.ts';

interface ConditionalSchema {
  readonly when?: FieldWhen;
  readonly text?: FieldText;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ConditionalSchema>>;
}
type Fields = Readonly<Record<string, unknown>>;

/** Returns true if the field applies to the record. `fields`: the schemas of the record's fields. */
export function applies({ when }: ConditionalSchema, fields: ConditionalSchema['properties'], record: Fields): boolean {
  return when === undefined || when.is.includes(String(record[when.field] ?? fields?.[when.field]?.default));
}

/** Returns the value without the fields that do not apply. Returns the value itself if all apply. */
export function withoutIdleFields(schema: object, value: Fields): Fields {
  const { properties = {} } = schema as ConditionalSchema;
  let isChanged = false;
  const kept = Object.entries(value).flatMap(([name, field]) => {
    const own = Object.hasOwn(properties, name) ? properties[name]! : {};
    const now = isRecord(field) ? withoutIdleFields(own, field) : field;
    const isKept = applies(own, properties, value);
    isChanged ||= !isKept || now !== field;
    return isKept ? [[name, now] as const] : [];
  });
  return isChanged ? Object.fromEntries(kept) : value;
}

export interface IdleField {
  /** JSON Pointer. */
  readonly path: string;
  readonly text: Text;
}

/** Returns the fields of the value that do not apply. */
export function idleFields(schema: object, value: Fields, path = ''): readonly IdleField[] {
  const { properties = {} } = schema as ConditionalSchema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const own = `${path}${pointerStep(name)}`;
    const set = Object.hasOwn(value, name) ? value[name] : undefined;
    if (set === undefined) return [];
    if (!applies(field, properties, value)) return [{ path: own, text: idleText(name, field, properties) }];
    return isRecord(set) ? idleFields(field, set, own) : [];
  });
}

function idleText(name: string, { text, when }: ConditionalSchema, fields: Readonly<Record<string, ConditionalSchema>>): Text {
  const { field, is } = when!;
  const choice = fields[field]?.text;
  const words = (language: keyof Text) => ({
    own: text?.label[language] ?? name,
    choice: choice?.label[language] ?? field,
    options: is.map((value) => choice?.options?.[value]?.[language] ?? value),
  });
  const [zh, en] = [words('zh-CN'), words('en')];
  return {
    'zh-CN': `“${zh.own}”只在“${zh.choice}”为 ${zh.options.join('、')} 时使用，请删除`,
    en: `"${en.own}" is only used if "${en.choice}" is ${en.options.join(', ')}. Remove it.`,
  };
}
