import { Type } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';

export const CollectionField = Type.String({
  ...fieldText(
    '汇集名称',
    'Collection',
    '本域的流程按名称共用一个汇集；其他域的同名汇集是另一个。',
    'Flows of the same domain share a collection by its name; a collection of another domain is another one.',
    {
      example: 'daily-reports',
      pattern: [
        '以小写字母开头，只含小写字母、数字和连字符，最多 63 个字符',
        'A small letter first, then small letters, digits and hyphens; at most 63 characters',
      ],
    },
  ),
  pattern: '^[a-z][a-z0-9-]{0,62}$',
});
