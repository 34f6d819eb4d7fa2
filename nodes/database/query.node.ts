import { Type, type Static } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { inTransaction } from './in-transaction.ts';
import { readOffers } from './offers.ts';
import { probeDatabase } from './probe.ts';
import { maxRowBytesField, readRows, resultTooLarge, type SizedRow } from './read-rows.ts';
import { bindStatement, checkSql, compileParameters, SqlParameters, sqlField } from './sql-parameters.ts';
import { useConnection } from './use-connection.ts';

const Config = Type.Object(
  {
    sql: sqlField(
      '一条语句；值一律写成 :参数名，在下面取值，不要拼接文本。',
      'One statement. Write every value as :name and bind it below; never put texts together.',
      'SELECT id, name FROM patients WHERE ward = :ward',
    ),
    parameters: SqlParameters,
    result: Type.Union([Type.Literal('rows'), Type.Literal('row'), Type.Literal('value'), Type.Literal('blob')], {
      ...fieldText(
        '输出',
        'Result',
        '没有结果时，第一行和单个值为 null。',
        'Without a result, the first row and the single value are null.',
        {
          options: {
            rows: ['全部行（数组）', 'All rows (array)'],
            row: ['第一行', 'The first row'],
            value: ['单个值（第一行第一列）', 'A single value (first column of the first row)'],
            blob: ['大结果：逐行写入文件引用（NDJSON）', 'Large result: a blob reference with one JSON row per line (NDJSON)'],
          },
        },
      ),
      default: 'rows',
    }),
    maxRows: Type.Integer({
      ...fieldText('最多行数', 'Most rows', '超过时报错，不会只取一部分。', 'More rows are an error; the result is never cut.'),
      minimum: 1,
      maximum: 100_000_000,
      default: 10_000,
    }),
    maxRowBytes: maxRowBytesField(104_857_600),
    maxBlobBytes: Type.Integer({
      ...fieldText(
        '文件上限',
        'Largest blob',
        '只用于“大结果”；其他输出受适配器的应答上限限制。',
        'For the large result only; the others are limited by the largest answer of the adapter.',
      ),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 10_737_418_240,
      default: 1_073_741_824,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Runs one SQL statement that reads, in a read-only transaction. */
export default defineNode({
  type: 'database.query',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'database',
  text: {
    label: { 'zh-CN': '数据库查询', en: 'Database query' },
    help: {
      'zh-CN': '在适配器的数据库中执行一条查询语句，输出结果行。',
      en: 'Runs one query in the database of its adapter and emits the rows.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'database',
  effect: 'read',
  config: Config,
  expressions: ['/parameters/*/value/expression'],
  check: ({ sql, parameters }) => checkSql(sql, parameters),
  prepare: prepareQuery,
  probe: probeDatabase,
  offers: readOffers,
});

function prepareQuery(config: Config, build: BuildContext): RunNode<Config> {
  const readValues = compileParameters(config.parameters, build);
  return async (ctx, message) => {
    const values = await readValues(ctx.scope);
    const data = await useConnection(ctx, async ({ connection, syntax }) => {
      const statement = bindStatement(config.sql, values, syntax);
      return inTransaction(connection, 'read', () => collect(readRows(connection, statement, config), config, ctx));
    });
    const { charset: _request, ...rest } = withData(message, data, 'application/json');
    return { emit: { ok: [rest] } };
  };
}

type Batches = AsyncIterable<readonly SizedRow[]>;

async function collect(batches: Batches, config: Config, ctx: NodeContext<Config>): Promise<unknown> {
  switch (config.result) {
    case 'rows':
      return allRows(batches, ctx.adapter!.limits.maxResponseBytes);
    case 'row':
      return firstRow(batches);
    case 'value': {
      const row = await firstRow(batches);
      return row === null ? null : Object.values(row)[0];
    }
    case 'blob':
      return writeBlob(batches, config.maxBlobBytes, ctx);
  }
}

async function allRows(batches: Batches, limitBytes: number): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  let bytes = 0;
  for await (const batch of batches)
    for (const { row, json } of batch) {
      bytes += Buffer.byteLength(json) + 1;
      if (bytes > limitBytes)
        throw resultTooLarge(limitBytes, 'Select fewer rows or columns, write a large result to a blob, or raise the limit.');
      rows.push(row);
    }
  return rows;
}

async function firstRow(batches: Batches): Promise<SizedRow['row'] | null> {
  for await (const [first] of batches) if (first !== undefined) return first.row;
  return null;
}

async function writeBlob(batches: Batches, limitBytes: number, ctx: NodeContext<Config>): Promise<unknown> {
  let rows = 0;
  async function* lines(): AsyncIterable<Uint8Array> {
    let bytes = 0;
    for await (const batch of batches) {
      const chunk = Buffer.from(batch.map(({ json }) => `${json}\n`).join(''));
      bytes += chunk.length;
      if (bytes > limitBytes) throw resultTooLarge(limitBytes, 'Select fewer rows or columns, or raise the limit of the node.');
      rows += batch.length;
      yield chunk;
    }
  }
  const { blobId, sizeBytes } = await ctx.blobs.put(lines(), { limitBytes });
  return { blobId, sizeBytes, rows };
}
