import { Type, type Static } from 'typebox';
import type { FieldEditor } from './field-kind.ts';
import { PLAIN_LINE, PLAIN_TEXT } from './plain-text.ts';

/** A text for people in both languages; Chinese is shown first. */
export const Text = Type.Object(
  { 'zh-CN': Type.String({ maxLength: 20000 }), en: Type.String({ maxLength: 20000 }) },
  { editor: 'text-both', additionalProperties: false },
);
export type Text = Static<typeof Text>;

const bothOf = (pattern: string) => ({
  'zh-CN': Type.String({ ...fieldText('中文', 'Chinese'), maxLength: 20000, pattern }),
  en: Type.String({ ...fieldText('英文', 'English'), maxLength: 20000, pattern }),
});
/**
 * Schemas of a name (one line of text) and of a description. Stored documents may contain texts that were accepted
 * before these patterns existed; read them with `Text`.
 */
export const NAME_PROPERTIES = bothOf(PLAIN_LINE);
export const DESCRIPTION_PROPERTIES = bothOf(PLAIN_TEXT);

/**
 * The label, help, example and option texts of one configuration field of a node or policy. The designer's form shows
 * them.
 */
export interface FieldText {
  readonly label: Text;
  readonly help?: Text;
  /** A value as a person would type it; the same in both languages. */
  readonly example?: string;
  /** What the pattern of the field demands. A form shows it beside a value that does not match. */
  readonly pattern?: Text;
  /** Texts for the options of a choice, by value. Well-known codes (`GET`, `UTF-8`) need no text. */
  readonly options?: Readonly<Record<string, Text>>;
}

interface MoreText {
  readonly example?: string;
  /** What the pattern demands: [Chinese, English]. */
  readonly pattern?: readonly [zhCN: string, en: string];
  /** Value -> [Chinese, English]. */
  readonly options?: Readonly<Record<string, readonly [zhCN: string, en: string]>>;
}

/**
 * Returns schema options that give a field its texts: `Type.String({ ...fieldText('路径', 'Path'), maxLength: 500 })`. A
 * guard test requires texts for every field.
 */
export function fieldText(zhCN: string, en: string, helpZhCN?: string, helpEn?: string, more: MoreText = {}): { readonly text: FieldText } {
  const help = helpZhCN === undefined ? {} : { help: { 'zh-CN': helpZhCN, en: helpEn ?? helpZhCN } };
  const example = more.example === undefined ? {} : { example: more.example };
  const pattern = more.pattern === undefined ? {} : { pattern: { 'zh-CN': more.pattern[0], en: more.pattern[1] } };
  const options = more.options === undefined ? {} : { options: optionTexts(more.options) };
  return { text: { label: { 'zh-CN': zhCN, en }, ...help, ...example, ...pattern, ...options } };
}

/** Returns schema options that name the editor of a field, if its schema alone does not decide it (`field-kind.ts`). */
export function fieldEditor(editor: FieldEditor): { readonly editor: FieldEditor } {
  return { editor };
}

/** Groups of fields that a form folds away: most adapters leave them as they are. */
export type FieldGroup = 'advanced' | 'receiving';

/** Returns schema options that put a field into a folded group. It must be optional or have a default. */
export function fieldGroup(group: FieldGroup): { readonly group: FieldGroup } {
  return { group };
}

/** When a field applies: the value of the field beside it is one of these. */
export interface FieldWhen {
  readonly field: string;
  readonly is: readonly string[];
}

/**
 * Returns schema options for a field that only applies to some choices of another field: the form shows and saves it for
 * those only, and it is refused elsewhere (`field-conditions.ts`). It must be optional or have a default.
 */
export function fieldWhen(field: string, ...is: readonly string[]): { readonly when: FieldWhen } {
  return { when: { field, is } };
}

function optionTexts(options: NonNullable<MoreText['options']>): Readonly<Record<string, Text>> {
  return Object.fromEntries(Object.entries(options).map(([value, [zhCN, en]]) => [value, { 'zh-CN': zhCN, en }]));
}
