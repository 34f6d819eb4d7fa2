import { Type } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';

export const delimiterField = Type.Union([Type.Literal(','), Type.Literal(';'), Type.Literal('\t'), Type.Literal('|'), Type.Literal('^')], {
  ...fieldText('分隔符', 'Separator', undefined, undefined, {
    options: {
      ',': ['逗号 ,', 'Comma ,'],
      ';': ['分号 ;', 'Semicolon ;'],
      '\t': ['制表符', 'Tab'],
      '|': ['竖线 |', 'Bar |'],
      '^': ['^', '^'],
    },
  }),
  default: ',',
});
