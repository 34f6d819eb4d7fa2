import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { prepareWrite } from '../shared/tables/prepare-table.ts';
import { lineBreakField, maxResultBytes, writeCharset, writeSource } from '../shared/tables/table-fields.ts';
import { textResult } from '../shared/tables/text-result.ts';
import { checkFields, fieldsField, unitField } from './fields.ts';

const Config = Type.Object(
  {
    source: writeSource,
    charset: writeCharset,
    unit: unitField,
    fields: fieldsField,
    lineBreak: lineBreakField,
    result: textResult,
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Writes rows as lines with fields of fixed width, in bounded memory. */
export default defineNode({
  type: 'fixed-width.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'columns-3',
  text: {
    label: { 'zh-CN': '生成定长文本', en: 'Write fixed width' },
    help: {
      'zh-CN': '把行写成各字段宽度固定的文本、字节或文件；放不下的值报错，不截断。',
      en: 'Writes rows as text, bytes or a blob with fields of fixed width; a value that does not fit is an error, never cut.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: ({ result }) => (result === 'blob' ? 'read' : 'pure'),
  config: Config,
  expressions: ['/source/expression'],
  check: checkFields,
  prepare: (config: Config, build) => {
    const { charset, unit, fields, lineBreak } = config;
    const options = { charset, unit, fields, lineBreak, skipLines: 0 };
    return prepareWrite(config, build, { task: { kind: 'fixed-width-write', options }, charset, mediaType: 'text/plain' });
  },
});
