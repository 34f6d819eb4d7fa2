import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { prepareRead } from '../shared/tables/prepare-table.ts';
import { limitFields, maxResultBytes, readCharset, readSource, rowsResult, skipLinesField } from '../shared/tables/table-fields.ts';
import { checkFields, fieldsField, unitField } from './fields.ts';

const Config = Type.Object(
  {
    source: readSource,
    charset: readCharset,
    unit: unitField,
    fields: fieldsField,
    skipLines: skipLinesField,
    result: rowsResult,
    maxRows: limitFields.maxRows,
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** The longest line beyond its fields; such a line is refused with its number. */
const MORE_BYTES = 65_536;

/** Reads lines with fields of fixed width, in bounded memory. */
export default defineNode({
  type: 'fixed-width.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'columns-3',
  text: {
    label: { 'zh-CN': '解析定长文本', en: 'Parse fixed width' },
    help: {
      'zh-CN': '把每行各字段宽度固定的文本、字节或文件读成行；宽度可按 GBK 字节计。',
      en: 'Reads text, bytes or a blob with fields of fixed width into rows; widths may count bytes of GBK.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  check: checkFields,
  prepare: (config: Config, build) => {
    const { charset: asked, unit, fields, skipLines, maxRows } = config;
    return prepareRead(config, build, (charset) => ({
      kind: 'fixed-width-read',
      options: { charset: asked === 'auto' ? charset : asked, unit, fields, skipLines, lineBreak: 'lf' },
      limits: { maxRows, maxColumns: fields.length, maxCellBytes: MORE_BYTES },
    }));
  },
});
