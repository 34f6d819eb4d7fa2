import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { prepareRead } from '../shared/tables/prepare-table.ts';
import { checkColumns, columnFields, limitFields, maxResultBytes, readSource, rowsResult } from '../shared/tables/table-fields.ts';

const Config = Type.Object(
  {
    source: readSource,
    sheet: Type.String({
      ...fieldText('工作表', 'Sheet', '名称；不填时为第一张。', 'Its name; the first one if left out.'),
      maxLength: 100,
      default: '',
    }),
    skipRows: Type.Integer({
      ...fieldText('跳过的行数', 'Rows to skip', '表格之前的行，按 Excel 的行号。', 'Rows before the table, by the row numbers of Excel.'),
      minimum: 0,
      maximum: 1000,
      default: 0,
    }),
    ...columnFields,
    ragged: { ...columnFields.ragged, default: 'fill' as const },
    result: rowsResult,
    ...limitFields,
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Reads a sheet of an XLSX workbook. */
export default defineNode({
  type: 'xlsx.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-spreadsheet',
  text: {
    label: { 'zh-CN': '解析 XLSX', en: 'Parse XLSX' },
    help: {
      'zh-CN': '把 Excel 工作簿（.xlsx）的一张工作表读成行；日期为 ISO 格式，公式取其结果。',
      en: 'Reads a sheet of an Excel workbook (.xlsx) into rows; dates are ISO, and formulas are read as their results.',
    },
    words: '表格 Excel',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  check: checkColumns,
  prepare: (config: Config, build) => {
    const { sheet, skipRows, header, columns, ragged, numbers, maxRows, maxColumns, maxCellBytes } = config;
    return prepareRead(config, build, () => ({
      kind: 'xlsx-read',
      options: { sheet, skipRows, header, columns, ragged, numbers },
      limits: { maxRows, maxColumns, maxCellBytes },
    }));
  },
});
