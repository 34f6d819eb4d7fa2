import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';

export const textResult = Type.Union([Type.Literal('text'), Type.Literal('bytes'), Type.Literal('blob')], {
  ...fieldText('输出', 'Result', undefined, undefined, {
    options: { text: ['文本', 'Text'], bytes: ['字节', 'Bytes'], blob: ['大表：写入文件引用', 'Large table: a blob reference'] },
  }),
  default: 'text',
});
