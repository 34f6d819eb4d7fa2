import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { prepareRead } from '../shared/tables/prepare-table.ts';
import {
  checkColumns,
  columnFields,
  limitFields,
  maxResultBytes,
  readCharset,
  readSource,
  rowsResult,
  skipLinesField,
} from '../shared/tables/table-fields.ts';
import { delimiterField } from './delimiter.ts';

const Config = Type.Object(
  {
    source: readSource,
    charset: readCharset,
    delimiter: delimiterField,
    quote: Type.String({
      ...fieldText('引号', 'Quote', '空为没有引号。', 'Empty if there are none.'),
      pattern: '^[^\\r\\n]?$',
      default: '"',
    }),
    ...columnFields,
    skipLines: skipLinesField,
    trim: Type.Boolean({ ...fieldText('去掉首尾空格', 'Trim cells'), default: false }),
    result: rowsResult,
    ...limitFields,
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Reads CSV (RFC 4180), in bounded memory. */
export default defineNode({
  type: 'csv.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'sheet',
  text: {
    label: { 'zh-CN': '解析 CSV', en: 'Parse CSV' },
    help: {
      'zh-CN': '把 CSV 文本、字节或文件读成行；大文件边读边转换，不占用内存。',
      en: 'Reads CSV text, bytes or a blob into rows; large files are converted while they stream.',
    },
    words: '表格 Excel',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  check: checkColumns,
  prepare: (config, build) => {
    const {
      charset: asked,
      delimiter,
      quote,
      header,
      columns,
      ragged,
      numbers,
      skipLines,
      trim,
      maxRows,
      maxColumns,
      maxCellBytes,
    } = config;
    return prepareRead(config, build, (charset) => ({
      kind: 'csv-read',
      options: { charset: asked === 'auto' ? charset : asked, delimiter, quote, header, columns, ragged, numbers, skipLines, trim },
      limits: { maxRows, maxColumns, maxCellBytes },
    }));
  },
});
