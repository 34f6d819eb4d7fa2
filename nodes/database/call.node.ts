import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { withData } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type ConfigProblem,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { callOffers } from './call-offers.ts';
import type { Connection, Row } from './drivers/driver.ts';
import { callUnknown } from './drivers/errors.ts';
import { inTransaction } from './in-transaction.ts';
import { probeDatabase } from './probe.ts';
import { maxRowBytesField, readRows, resultTooLarge, type RowLimits } from './read-rows.ts';
import { callStatements, type CallStatements } from './statements/call-statements.ts';
import { compileParameters } from './sql-parameters.ts';
import { useConnection } from './use-connection.ts';
import { readAll } from './statements/read-all.ts';

const closed = { additionalProperties: false } as const;
const NAME = { minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]+$' } as const;

const Parameter = Type.Object(
  {
    name: Type.String({
      ...fieldText('参数名', 'Name', '输出参数以此为字段名。', 'An output has this field name.', { example: 'visit_no' }),
      ...NAME,
    }),
    direction: Type.Union([Type.Literal('in'), Type.Literal('out'), Type.Literal('inout')], {
      ...fieldText('方向', 'Direction', undefined, undefined, {
        options: { in: ['输入', 'In'], out: ['输出', 'Out'], inout: ['输入输出', 'In and out'] },
      }),
      default: 'in',
    }),
    value: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText('值', 'Value', '输入的值；没有值时为 NULL。', 'Of an input; NULL if absent.'),
        ...fieldEditor('operand'),
      }),
    ),
  },
  closed,
);

const Config = Type.Object(
  {
    name: Type.String({
      ...fieldText('过程或函数名', 'Procedure or function', undefined, undefined, { example: 'register_visit' }),
      ...NAME,
    }),
    schema: Type.Optional(
      Type.String({
        ...fieldText('所属模式', 'Schema', '所在的 schema；不填时用该用户的默认 schema。', 'The default schema of the user if left out.', {
          example: 'public',
        }),
        ...NAME,
      }),
    ),
    kind: Type.Union([Type.Literal('procedure'), Type.Literal('function')], {
      ...fieldText('种类', 'Kind', undefined, undefined, {
        options: { procedure: ['存储过程', 'Procedure'], function: ['函数', 'Function'] },
      }),
      default: 'procedure',
    }),
    parameters: Type.Array(Parameter, {
      ...fieldText('参数', 'Parameters', '按声明的顺序，每个参数一行。', 'In the order in which they are declared.'),
      default: [],
      maxItems: 200,
    }),
    effect: Type.Union([Type.Literal('read'), Type.Literal('idempotent'), Type.Literal('write')], {
      ...fieldText(
        '作用',
        'Effect',
        '决定结果不明时平台能否自动重试；不确定时选“写入”。',
        'Whether the platform may repeat the call when its outcome is unknown. When in doubt, choose writes.',
        {
          options: {
            read: ['只读：在只读事务中执行', 'Reads: runs in a read-only transaction'],
            idempotent: ['重复调用无害：自动重试', 'Idempotent: repeated automatically'],
            write: ['写入：结果不明时待人工处理', 'Writes: held if the outcome is unknown'],
          },
        },
      ),
      default: 'write',
    }),
    maxRows: Type.Integer({
      ...fieldText('最多行数', 'Most rows', '全部结果集合计；超过时报错。', 'Of all results together; more is an error.'),
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
    }),
    maxRowBytes: maxRowBytesField(104_857_600),
  },
  closed,
);
type Config = Static<typeof Config>;

/** Calls a stored procedure or function. */
export default defineNode({
  type: 'database.call',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'square-function',
  text: {
    label: { 'zh-CN': '数据库过程调用', en: 'Database call' },
    help: {
      'zh-CN': '调用适配器的数据库中的一个存储过程或函数，输出其结果集与输出参数。',
      en: 'Calls a stored procedure or function in the database of its adapter, and emits its results and output parameters.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'database',
  effect: ({ effect }) => (effect === 'idempotent' ? 'idempotent-write' : effect),
  config: Config,
  expressions: ['/parameters/*/value/expression'],
  check: checkCall,
  prepare: prepareCall,
  probe: probeDatabase,
  offers: callOffers,
});

function checkCall({ kind, parameters }: Config): readonly ConfigProblem[] {
  const names = parameters.map(({ name }) => name);
  return parameters.flatMap(({ name, direction, value }, index): ConfigProblem[] => [
    ...(names.indexOf(name) === index ? [] : [{ path: `/parameters/${index}/name`, message: TWICE }]),
    ...(direction === 'out' && value !== undefined ? [{ path: `/parameters/${index}/value`, message: OUT_VALUE }] : []),
    ...(kind === 'function' && direction !== 'in' ? [{ path: `/parameters/${index}/direction`, message: FUNCTION_OUT }] : []),
  ]);
}

const TWICE = { 'zh-CN': '参数名重复', en: 'is there twice' };
const OUT_VALUE = { 'zh-CN': '输出参数不取值', en: 'must be absent for an output' };
const FUNCTION_OUT = { 'zh-CN': '函数只有输入；其输出在结果集中', en: 'must be in: the outputs of a function are in its result' };

interface Called {
  readonly results: readonly (readonly Row[])[];
  readonly out: Row;
}

function prepareCall(config: Config, build: BuildContext): RunNode<Config> {
  const readValues = compileParameters(
    config.parameters.map(({ name, value = { value: null } }) => ({ name, value })),
    build,
  );
  return async (ctx, message) => {
    const values = await readValues(ctx.scope);
    const parameters = config.parameters.map(({ name, direction }) => ({ name, direction, value: values.get(name)! }));
    const called = await useConnection(ctx, ({ connection, syntax, engine }) =>
      call(ctx, connection, callStatements(engine, { ...config, parameters }, syntax)),
    );
    const { charset: _request, ...rest } = withData(message, called, 'application/json');
    return { emit: { ok: [rest] } };
  };
}

async function call(ctx: NodeContext<Config>, connection: Connection, statements: CallStatements): Promise<Called> {
  const isRead = ctx.config.effect === 'read';
  return inTransaction(connection, isRead ? 'read' : 'write', async () => {
    if (isRead) return runCall(ctx, connection, statements);
    ctx.beforeFirstByte();
    const called = await runCall(ctx, connection, statements).catch((error: unknown) => {
      throw mayBeDone(error) ? callUnknown(error) : error;
    });
    ctx.beforeFirstByte();
    return called;
  });
}

/** After a deadlock everything is rolled back. Before other errors, a procedure may have committed by itself. */
function mayBeDone(error: unknown): error is AppError {
  return error instanceof AppError && error.kind === 'transient' && error.code !== 'DATABASE_CONFLICT';
}

async function runCall({ config, adapter }: NodeContext<Config>, connection: Connection, statements: CallStatements): Promise<Called> {
  const { before, call, after, returnsOut } = statements;
  if (before !== undefined) await connection.run(before);
  const results: Row[][] = [];
  const { maxRows, maxRowBytes } = config;
  const limits: RowLimits = { maxRows, maxRowBytes, onResult: () => void results.push([]) };
  const limitBytes = adapter!.limits.maxResponseBytes;
  let bytes = 0;
  for await (const batch of readRows(connection, call, limits)) {
    bytes += batch.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0);
    if (bytes > limitBytes) throw resultTooLarge(limitBytes, 'Let the procedure return less, or raise the limit of the adapter.');
    if (results.length === 0) results.push([]);
    results.at(-1)!.push(...batch.map(({ row }) => row));
  }
  const [row = {}] = returnsOut ? results.splice(0).flat() : after === undefined ? [] : await readAll(connection, after);
  const values = Object.values(row);
  const outputs = config.parameters.filter(({ direction }) => direction !== 'in');
  return { results, out: Object.fromEntries(outputs.map(({ name }, index) => [name, values[index] ?? null])) };
}
