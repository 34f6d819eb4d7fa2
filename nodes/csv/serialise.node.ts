import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { prepareWrite } from '../shared/tables/prepare-table.ts';
import { lineBreakField, maxResultBytes, writeCharset, writeSource } from '../shared/tables/table-fields.ts';
import { textResult } from '../shared/tables/text-result.ts';
import { delimiterField } from './delimiter.ts';

const Config = Type.Object(
  {
    source: writeSource,
    columns: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      ...fieldText(
        '列',
        'Columns',
        '字段名，按顺序；不填时为第一行的字段。',
        'Names of fields, in order; those of the first row if left out.',
      ),
      default: [],
      maxItems: 1000,
    }),
    header: Type.Boolean({ ...fieldText('写列名', 'Write the names'), default: true }),
    delimiter: delimiterField,
    quoteAll: Type.Boolean({
      ...fieldText('全部加引号', 'Quote all cells', '不打开时只在需要时加。', 'If off, only where it is needed.'),
      default: false,
    }),
    neutralise: Type.Boolean({
      ...fieldText(
        '防公式注入',
        'No formulas',
        '以 = + - @ 等开头的文本前加单引号，使 Excel 不当作公式执行。',
        'An apostrophe goes before texts that begin with = + - @ and the like, so that Excel does not run them as formulas.',
      ),
      default: false,
    }),
    lineBreak: lineBreakField,
    charset: writeCharset,
    bom: Type.Boolean({
      ...fieldText('字节序标记', 'Byte order mark', 'Excel 凭它识别 UTF-8。', 'Excel recognises UTF-8 by it.'),
      default: false,
    }),
    result: textResult,
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Writes rows as CSV (RFC 4180), in bounded memory. */
export default defineNode({
  type: 'csv.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'sheet',
  text: {
    label: { 'zh-CN': '生成 CSV', en: 'Write CSV' },
    help: {
      'zh-CN': '把行写成 CSV 文本、字节或文件；大表边读边写，不占用内存。',
      en: 'Writes rows as CSV text, bytes or a blob; large tables are written while they stream.',
    },
    words: '表格 Excel',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  prepare: (config: Config, build) => {
    const { columns, header, delimiter, quoteAll, neutralise, lineBreak, bom } = config;
    const charset = config.result === 'text' ? 'UTF-8' : config.charset;
    const hasMark = bom && charset !== 'GBK' && config.result !== 'text';
    const options = { charset, columns, header, delimiter, quoteAll, neutralise, lineBreak, bom: hasMark };
    return prepareWrite(config, build, { task: { kind: 'csv-write', options }, charset, mediaType: 'text/csv' });
  },
});
