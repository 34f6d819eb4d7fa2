import { Type, type Static } from 'typebox';

/** A text for people in both languages; Chinese is shown first. */
export const Text = Type.Object(
  { 'zh-CN': Type.String({ maxLength: 20000 }), en: Type.String({ maxLength: 20000 }) },
  { additionalProperties: false },
);
export type Text = Static<typeof Text>;

/** Label and help of one field of a node's or policy's configuration, shown by the designer's form. */
export interface FieldText {
  readonly label: Text;
  readonly help?: Text;
}

/** Schema options that give a field its texts: `Type.String({ ...fieldText('路径', 'Path'), maxLength: 500 })`. A guard test asks for them. */
export function fieldText(zhCN: string, en: string, helpZhCN?: string, helpEn?: string): { readonly text: FieldText } {
  const label: Text = { 'zh-CN': zhCN, en };
  return { text: helpZhCN === undefined ? { label } : { label, help: { 'zh-CN': helpZhCN, en: helpEn ?? helpZhCN } } };
}
