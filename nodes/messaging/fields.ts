import { Type } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';

/** The name of a queue or topic. */
export function destinationField(zh: string, en: string, zhHelp: string, enHelp: string, example = 'adt-events') {
  return Type.String({
    ...fieldText(zh, en, zhHelp, enHelp, { example }),
    minLength: 1,
    maxLength: 249,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  });
}
