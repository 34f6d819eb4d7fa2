/** The configuration of `database.write`: its schema, and what the schema cannot say. */
import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import type { ConfigProblem } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { checkSql, sqlField, SqlParameters } from './sql-parameters.ts';

const closed = { additionalProperties: false } as const;
const NAME = { minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]+$' } as const;

const Column = Type.Object(
  {
    name: Type.String({ ...fieldText('列', 'Column', undefined, undefined, { example: 'patient_id' }), ...NAME }),
    value: Type.Union(Operand.anyOf, {
      ...fieldText(
        '值',
        'Value',
        '没有值时为 NULL；写入多行时 item 是当前行。',
        'NULL if absent; with several rows, item is the current one.',
      ),
      ...fieldEditor('operand'),
    }),
    isKey: Type.Boolean({
      ...fieldText('键列', 'Key', '用来找到已有的行。', 'Finds the row that exists already.'),
      default: false,
    }),
    isBase64: Type.Boolean({
      ...fieldText('字节', 'Bytes', '值是 Base64 文本，写入其字节。', 'The value is Base64 text, and its bytes are written.'),
      default: false,
    }),
  },
  closed,
);

export const WriteConfig = Type.Object(
  {
    table: Type.Optional(
      Type.String({
        ...fieldText(
          '表',
          'Table',
          '按表写入；不填时写自己的 SQL 语句。',
          'The table to write to; leave it out to write SQL of your own.',
          { example: 'admissions' },
        ),
        ...NAME,
      }),
    ),
    schema: Type.Optional(
      Type.String({
        ...fieldText(
          '所属模式',
          'Schema',
          '表所在的 schema；不填时用该用户的默认 schema。',
          'Of the table; the default schema of the user if left out.',
          {
            example: 'public',
          },
        ),
        ...NAME,
      }),
    ),
    mode: Type.Union([Type.Literal('insert'), Type.Literal('update'), Type.Literal('upsert'), Type.Literal('delete')], {
      ...fieldText('写入方式', 'Mode', '用于按表写入。', 'For a table.', {
        options: {
          insert: ['新增', 'Insert'],
          update: ['按键列更新', 'Update by key'],
          upsert: ['按键列更新，没有则新增', 'Update by key, or insert'],
          delete: ['按键列删除', 'Delete by key'],
        },
      }),
      default: 'insert',
    }),
    columns: Type.Array(Column, {
      ...fieldText(
        '列',
        'Columns',
        '每列一行；未列出的列不变，新增时取数据库的默认值。',
        'One row per column; others stay as they are, or get the default of the database.',
      ),
      default: [],
      maxItems: 1000,
    }),
    returning: Type.Array(Type.String(NAME), {
      ...fieldText(
        '取回列',
        'Return columns',
        '写入后取回的列，例如自动生成的主键。',
        'Columns to return of each row, for example generated keys.',
      ),
      default: [],
      maxItems: 100,
    }),
    sql: Type.Optional(
      sqlField(
        '代替“表”：一条写入语句；值一律写成 :参数名，在下面取值，不要拼接文本。',
        'Instead of a table: one statement that writes. Write every value as :name and bind it below; never put texts together.',
        'UPDATE patients SET ward = :ward WHERE id = :id',
      ),
    ),
    parameters: SqlParameters,
    rows: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '多行',
          'Rows',
          '一个数组：每项写一行（或执行一次语句），全部在同一事务中。不填时写一行。',
          'An array: one row (or one run of the statement) per item, all in one transaction. One row if left out.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    maxRows: Type.Integer({
      ...fieldText('最多行数', 'Most rows', '超过时报错，什么都不写。', 'More rows are an error, and nothing is written.'),
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
    }),
    idempotency: Type.Union([Type.Literal('none'), Type.Literal('key'), Type.Literal('ledger')], {
      ...fieldText(
        '幂等',
        'Idempotency',
        '结果不明时平台能否自动重试。按键：数据库中键列须有唯一约束。账本：数据库中须有账本表。',
        'Whether the platform may repeat the step when its outcome is unknown. Key: the key columns need a unique constraint. Ledger: the database needs the ledger table.',
        {
          options: {
            none: ['无：结果不明时待人工处理', 'None: held if the outcome is unknown'],
            key: ['按键列', 'By key columns'],
            ledger: ['账本：同一事务中记下本步骤的幂等键', 'Ledger: the key of the step is kept in the same transaction'],
          },
        },
      ),
      default: 'none',
    }),
    ledgerTable: Type.String({
      ...fieldText('账本表', 'Ledger table', '仅用于账本；建表语句见说明。', 'For the ledger only; its CREATE TABLE is in the help.'),
      pattern: '^[A-Za-z_][A-Za-z0-9_]{0,60}(\\.[A-Za-z_][A-Za-z0-9_]{0,60})?$',
      default: 'kq_ledger',
    }),
  },
  closed,
);
export type WriteConfig = Static<typeof WriteConfig>;

export function checkWrite(config: WriteConfig): readonly ConfigProblem[] {
  const { table, sql, parameters } = config;
  if ((table === undefined) === (sql === undefined)) return [{ path: table === undefined ? '/table' : '/sql', message: ONE_WAY }];
  if (sql === undefined) return checkTable(config);
  return [
    ...checkSql(sql, parameters),
    ...(config.idempotency === 'key' ? [{ path: '/idempotency', message: KEY_OF_TABLE }] : []),
    ...(config.columns.length > 0 ? [{ path: '/columns', message: OF_TABLE }] : []),
    ...(config.returning.length > 0 ? [{ path: '/returning', message: OF_TABLE }] : []),
    ...(/^\s*(begin|start|commit|end|rollback|abort|savepoint|release)\b/i.test(sql) ? [{ path: '/sql', message: TRANSACTION }] : []),
  ];
}

function checkTable({ mode, columns, idempotency, parameters, returning }: WriteConfig): readonly ConfigProblem[] {
  const names = columns.map(({ name }) => name);
  const hasKey = columns.some(({ isKey }) => isKey);
  const needsKey = mode !== 'insert' || idempotency === 'key';
  const problems: ConfigProblem[] = names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ path: `/columns/${index}/name`, message: TWICE }],
  );
  if (columns.length === 0) problems.push({ path: '/columns', message: NO_COLUMN });
  else if (needsKey && !hasKey) problems.push({ path: '/columns', message: NO_KEY });
  if (mode === 'update' && hasKey && columns.every(({ isKey }) => isKey)) problems.push({ path: '/columns', message: ONLY_KEYS });
  if (mode === 'delete' && columns.some(({ isKey }) => !isKey)) problems.push({ path: '/columns', message: DELETE_KEYS });
  if (mode === 'delete' && returning.length > 0) problems.push({ path: '/returning', message: DELETED });
  if (parameters.length > 0) problems.push({ path: '/parameters', message: OF_SQL });
  return problems;
}

const ONE_WAY = { 'zh-CN': '“表”与“SQL 语句”填且只填一个', en: 'fill in either “Table” or “SQL”' };
const KEY_OF_TABLE = {
  'zh-CN': '自己的 SQL 语句不能按键列幂等，请用账本',
  en: 'SQL of your own cannot be idempotent by key; use the ledger',
};
const OF_TABLE = { 'zh-CN': '只用于按表写入', en: 'is for a table only' };
const OF_SQL = { 'zh-CN': '只用于 SQL 语句', en: 'is for sql only' };
const TRANSACTION = {
  'zh-CN': '事务由平台开始和提交，语句不能控制事务',
  en: 'must not control the transaction, which the platform begins and commits',
};
const TWICE = { 'zh-CN': '列重复', en: 'is there twice' };
const NO_COLUMN = { 'zh-CN': '至少填写一列', en: 'has no column' };
const NO_KEY = { 'zh-CN': '至少选一个键列', en: 'has no key column' };
const ONLY_KEYS = { 'zh-CN': '除键列外，至少填写一个要更新的列', en: 'has no column to update besides the key' };
const DELETE_KEYS = { 'zh-CN': '删除只用键列', en: 'deletes by key columns only' };
const DELETED = { 'zh-CN': '删除后没有可取回的列', en: 'cannot return columns of a deleted row' };
