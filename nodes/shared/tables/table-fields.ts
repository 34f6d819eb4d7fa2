/** Fields that the nodes for tables have in common. */
import { Type, type Static } from 'typebox';
import { Operand } from '../../../engine/contract/flow/expression-types.ts';
import type { ConfigProblem } from '../../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';

export const readSource = Type.Optional(
  Type.Union(Operand.anyOf, {
    ...fieldText(
      '来源',
      'Source',
      '文本、字节，或文件引用（含 blobId 的对象，如邮件的附件）；不填时为整条消息。',
      'Text, bytes, or an object with blobId such as an attachment of a mail; the whole message if left out.',
    ),
    ...fieldEditor('operand'),
  }),
);

export const writeSource = Type.Optional(
  Type.Union(Operand.anyOf, {
    ...fieldText(
      '来源',
      'Source',
      '行的数组，或逐行 JSON 的文件引用（含 blobId 的对象）；不填时为整条消息。',
      'An array of rows, or an object with blobId whose blob has one JSON row per line; the whole message if left out.',
    ),
    ...fieldEditor('operand'),
  }),
);

export const readCharset = Type.Union([Type.Literal('auto'), Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')], {
  ...fieldText('字符集', 'Character set', '自动：消息的字符集，没有时为 UTF-8。', 'Automatic: that of the message, or UTF-8.', {
    options: { auto: ['自动', 'Automatic'] },
  }),
  default: 'auto',
});

export const writeCharset = Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')], {
  ...fieldText('字符集', 'Character set', '用于字节和文件引用。', 'Of bytes and blobs.'),
  default: 'UTF-8',
});

const name = Type.String({ minLength: 1, maxLength: 200 });

export const columnFields = {
  header: Type.Union([Type.Literal('first-row'), Type.Literal('names'), Type.Literal('none')], {
    ...fieldText('列名', 'Column names', '没有列名时，每行为一个数组。', 'Without names, each row is an array.', {
      options: { 'first-row': ['在第一行', 'In the first row'], names: ['在下面填写', 'Listed below'], none: ['没有', 'None'] },
    }),
    default: 'first-row',
  }),
  columns: Type.Array(name, {
    ...fieldText('列名列表', 'Names', '按列的顺序。', 'In the order of the columns.'),
    default: [],
    maxItems: 1000,
  }),
  ragged: Type.Union([Type.Literal('refuse'), Type.Literal('fill')], {
    ...fieldText('缺列的行', 'Rows with fewer cells', undefined, undefined, {
      options: { refuse: ['报错', 'Refuse'], fill: ['缺的为 null', 'Missing ones are null'] },
    }),
    default: 'refuse',
  }),
  numbers: Type.Array(name, {
    ...fieldText(
      '转为数的列',
      'Columns of numbers',
      '其余的列保持文本，因此 007 不会变成 7。',
      'All other columns stay text, so 007 does not become 7.',
    ),
    default: [],
    maxItems: 1000,
  }),
};

export const limitFields = {
  maxRows: Type.Integer({ ...fieldText('最多行数', 'Most rows'), minimum: 1, maximum: 100_000_000, default: 1_000_000 }),
  maxColumns: Type.Integer({ ...fieldText('最多列数', 'Most columns'), minimum: 1, maximum: 16_384, default: 1000 }),
  maxCellBytes: Type.Integer({
    ...fieldText('单元格上限', 'Largest cell'),
    ...fieldEditor('size-bytes'),
    minimum: 1,
    maximum: 16_777_216,
    default: 1_048_576,
  }),
};

export const skipLinesField = Type.Integer({
  ...fieldText('跳过的行数', 'Lines to skip', '表格之前的行。', 'Lines before the table.'),
  minimum: 0,
  maximum: 1000,
  default: 0,
});

export const lineBreakField = Type.Union([Type.Literal('crlf'), Type.Literal('lf')], {
  ...fieldText('换行', 'Line break', undefined, undefined, { options: { crlf: ['CRLF（Windows）', 'CRLF (Windows)'], lf: ['LF', 'LF'] } }),
  default: 'crlf',
});

export const rowsResult = Type.Union([Type.Literal('rows'), Type.Literal('blob')], {
  ...fieldText('输出', 'Result', undefined, undefined, {
    options: {
      rows: ['全部行（数组）', 'All rows (array)'],
      blob: ['大表：逐行写入文件引用（NDJSON）', 'Large table: a blob reference with one JSON row per line (NDJSON)'],
    },
  }),
  default: 'rows',
});

export const maxResultBytes = Type.Integer({
  ...fieldText(
    '输出上限',
    'Largest result',
    '数组在内存中，最多 64 MB；文件引用可更大。',
    'Rows and bytes are in memory, 64 MB at most; blobs may be larger.',
  ),
  ...fieldEditor('size-bytes'),
  minimum: 1024,
  maximum: 10_737_418_240,
  default: 10_485_760,
});

/** Reports column names that are missing, and numbers of columns that are not listed. */
export function checkColumns({
  header,
  columns,
}: {
  readonly header: string;
  readonly columns: readonly string[];
}): readonly ConfigProblem[] {
  if (header === 'names' && columns.length === 0)
    return [{ path: '/columns', message: { 'zh-CN': '请填写列名', en: 'must list the names of the columns' } }];
  const twice = columns.findIndex((column, index) => columns.indexOf(column) !== index || column === '__proto__');
  if (twice === -1) return [];
  return [{ path: `/columns/${twice}`, message: { 'zh-CN': '列名重复或不可用', en: 'is there twice, or reserved' } }];
}

export type SourceOperand = Static<typeof Operand> | undefined;
