import { Type, type Static } from 'typebox';

/** A text for people in both languages; Chinese is shown first. */
export const Text = Type.Object({ 'zh-CN': Type.String({ maxLength: 20000 }), en: Type.String({ maxLength: 20000 }) }, { additionalProperties: false });
export type Text = Static<typeof Text>;
