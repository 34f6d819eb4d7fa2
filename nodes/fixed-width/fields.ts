import { Type } from 'typebox';
import type { ConfigProblem } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';

export const unitField = Type.Union([Type.Literal('bytes'), Type.Literal('characters')], {
  ...fieldText(
    '宽度单位',
    'Width in',
    '老系统通常按字节：GBK 的一个汉字占 2 个。',
    'Old systems usually count bytes: a Han character of GBK has 2.',
    {
      options: { bytes: ['字节', 'Bytes'], characters: ['字符', 'Characters'] },
    },
  ),
  default: 'bytes',
});

export const fieldsField = Type.Array(
  Type.Object(
    {
      name: Type.String({ ...fieldText('字段名', 'Name'), minLength: 1, maxLength: 200 }),
      width: Type.Integer({ ...fieldText('宽度', 'Width'), minimum: 1, maximum: 100_000 }),
      align: Type.Union([Type.Literal('left'), Type.Literal('right')], {
        ...fieldText('对齐', 'Align', undefined, undefined, { options: { left: ['左', 'Left'], right: ['右', 'Right'] } }),
        default: 'left',
      }),
      pad: Type.String({
        ...fieldText('填充字符', 'Pad with', '一个 ASCII 字符，如空格或 0。', 'One ASCII character, such as a blank or 0.'),
        pattern: '^[ -~]$',
        default: ' ',
      }),
    },
    { additionalProperties: false },
  ),
  {
    ...fieldText('字段', 'Fields', '按在行中的顺序。', 'In the order in which they stand in a line.'),
    minItems: 1,
    maxItems: 1000,
  },
);

export function checkFields({ fields }: { readonly fields: readonly { readonly name: string }[] }): readonly ConfigProblem[] {
  const names = fields.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index && name !== '__proto__'
      ? []
      : [{ path: `/fields/${index}/name`, message: { 'zh-CN': '字段名重复或不可用', en: 'is there twice, or reserved' } }],
  );
}
