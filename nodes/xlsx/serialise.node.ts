import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { prepareWrite } from '../shared/tables/prepare-table.ts';
import { maxResultBytes, writeSource } from '../shared/tables/table-fields.ts';

const MEDIA_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const Config = Type.Object(
  {
    source: writeSource,
    sheet: Type.String({
      ...fieldText('工作表名称', 'Name of the sheet', undefined, undefined, {
        pattern: ['1 到 31 个字符，不含 [ ] : * ? / \\', '1 to 31 characters without [ ] : * ? / \\'],
      }),
      // Excel refuses other names.
      pattern: '^[^\\[\\]:*?/\\\\\\u0000-\\u001f]{1,31}$',
      default: 'Sheet1',
    }),
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
    result: Type.Union([Type.Literal('bytes'), Type.Literal('blob')], {
      ...fieldText('输出', 'Result', undefined, undefined, {
        options: { bytes: ['字节', 'Bytes'], blob: ['大表：写入文件引用', 'Large table: a blob reference'] },
      }),
      default: 'blob',
    }),
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Writes rows as an XLSX workbook with one sheet, in bounded memory. */
export default defineNode({
  type: 'xlsx.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-spreadsheet',
  text: {
    label: { 'zh-CN': '生成 XLSX', en: 'Write XLSX' },
    help: {
      'zh-CN': '把行写成 Excel 工作簿（.xlsx）；文本保持文本，不会被当作公式。',
      en: 'Writes rows as an Excel workbook (.xlsx); texts stay texts and are never formulas.',
    },
    words: '表格 Excel',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  prepare: (config: Config, build) => {
    const { sheet, columns, header } = config;
    return prepareWrite(config, build, { task: { kind: 'xlsx-write', options: { sheet, columns, header } }, mediaType: MEDIA_TYPE });
  },
});
