import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { createMessage } from '../../engine/contract/values/message.ts';
import { defineNode, outPort, type ConfigProblem, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import type { Row } from './drivers/driver.ts';
import { toMark } from './poll/mark.ts';
import { MarkedPosition, requireOrder, rowId, type MarkSettings } from './poll/marked-position.ts';
import { claimRow, pollRefused, releaseRows, selectedAgain, settleRow } from './poll-status.ts';
import { readBatch } from './poll-batch.ts';
import { outcomeOf } from '../shared/outcome-of.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { probeDatabase } from './probe.ts';
import { maxRowBytesField } from './read-rows.ts';
import { checkNames, sqlField } from './sql-parameters.ts';
import { NEVER_STOPPED, type DatabaseContext } from './use-connection.ts';

const column = Type.String({ minLength: 1, maxLength: 128 });

const ByMark = Type.Object(
  {
    column: Type.String({
      ...fieldText(
        '位置列',
        'Position column',
        '只增不减的列（修改时间或自增编号），结果中不可为空。',
        'A column that only grows (time of change, or a number), never NULL in the result.',
        { example: 'changed_at' },
      ),
      minLength: 1,
      maxLength: 128,
    }),
    kind: Type.Union([Type.Literal('time'), Type.Literal('number')], {
      ...fieldText('位置的类型', 'Kind of position', undefined, undefined, {
        options: { time: ['日期或时间', 'Date or time'], number: ['整数', 'Whole number'] },
      }),
      default: 'time',
    }),
    keyColumns: Type.Array(column, {
      ...fieldText('主键列', 'Key columns', '凭它们与位置识别同一行。', 'With the position they identify a row.', { example: 'id' }),
      minItems: 1,
      maxItems: 20,
    }),
    from: Type.String({
      ...fieldText(
        '起始位置',
        'Begin at',
        '首次读取从这里开始；时间写作 2026-01-01T00:00:00。',
        'Where the first poll begins; a time as 2026-01-01T00:00:00.',
      ),
      minLength: 1,
      maxLength: 40,
    }),
    overlap: Type.Integer({
      ...fieldText(
        '重读范围',
        'Read again',
        '每次从位置之前多少秒（或多少号）重读，以免漏掉较晚提交的事务；重复的行不会再次启动流程。',
        'Seconds (or numbers) before the position that each poll reads again, because transactions may commit later; known rows start the flow only once.',
      ),
      minimum: 0,
      maximum: 10_000_000,
      default: 300,
    }),
    refused: Type.Union([Type.Literal('stop'), Type.Literal('skip')], {
      ...fieldText('被拒的行', 'Refused rows', '流程拒收的行，例如过大。', 'Rows that the flow refuses, for example too large ones.', {
        options: { stop: ['停在这里并告警', 'Stop there, with an alarm'], skip: ['跳过并记录', 'Pass over them, with a log line'] },
      }),
      default: 'stop',
    }),
  },
  {
    ...fieldText(
      '按位置读取',
      'By position',
      '语句用 :after 取位置，并按位置列排序。',
      'The statement reads from :after on, and orders by the position column.',
    ),
    ...fieldEditor('optional-group'),
    additionalProperties: false,
  },
);

const ByStatus = Type.Object(
  {
    keyColumns: Type.Array(column, {
      ...fieldText('主键列', 'Key columns', '凭它们识别同一行。', 'They identify a row.', { example: 'id' }),
      minItems: 1,
      maxItems: 20,
    }),
    claim: Type.Optional(
      sqlField(
        '交给流程之前执行；没有改变任何行时跳过该行。:列名 取该行的值。',
        'Runs before a row is handed in; if it changes no row, the row is left out. :column is a value of the row.',
        "UPDATE orders SET status = 'TAKEN' WHERE id = :id AND status = 'NEW'",
        ['认领语句', 'Claim'],
      ),
    ),
    release: Type.Optional(
      sqlField(
        '开始读取时和暂时无法保存时执行，退回已认领的行。',
        'Runs when reading begins, and when a row cannot be stored now: gives claimed rows back.',
        "UPDATE orders SET status = 'NEW' WHERE status = 'TAKEN'",
        ['退回语句', 'Release'],
      ),
    ),
    done: sqlField('安全保存后执行。', 'Runs when a row is safely stored.', "UPDATE orders SET status = 'DONE' WHERE id = :id", [
      '完成语句',
      'Done',
    ]),
    failed: Type.Optional(
      sqlField(
        '流程拒收时执行，:error 为错误代码；不填时停在该行并告警。',
        'Runs when the flow refuses a row; :error is the code. If left out, reading stops there with an alarm.',
        "UPDATE orders SET status = 'FAILED', reason = :error WHERE id = :id",
        ['失败语句', 'Failed'],
      ),
    ),
  },
  {
    ...fieldText(
      '按状态读取',
      'By status',
      '语句选出未处理的行；处理后由下面的语句改状态。',
      'The statement selects what is not processed; the statements below change its status.',
    ),
    ...fieldEditor('optional-group'),
    additionalProperties: false,
  },
);

const Config = Type.Object(
  {
    sql: sqlField(
      '选出新行的一条查询语句，须有 ORDER BY。按位置读取时用 :after 取位置；按状态读取时没有参数。',
      'A query that selects the new rows, with ORDER BY. By position it reads from :after on; by status it has no parameters.',
      'SELECT id, changed_at, test FROM orders WHERE changed_at >= :after ORDER BY changed_at, id',
    ),
    byMark: Type.Optional(ByMark),
    byStatus: Type.Optional(ByStatus),
    everySec: Type.Integer({
      ...fieldText('检查间隔', 'Look every'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 86_400,
      default: 30,
    }),
    batchRows: Type.Integer({
      ...fieldText('每批行数', 'Rows at a time', '还有更多时立即读下一批。', 'If there are more, the next batch is read at once.'),
      minimum: 1,
      maximum: 10_000,
      default: 500,
    }),
    maxRowBytes: maxRowBytesField(52_428_800),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Reads the new rows of a table, each of which starts the flow once, in the order of the statement. */
export default defineNode({
  type: 'database.poll',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'database',
  text: {
    label: { 'zh-CN': '读取新行', en: 'New database rows' },
    help: {
      'zh-CN': '定期查询数据库，每个新行按语句的顺序启动一次流程。',
      en: 'Looks into a database regularly. Each new row starts the flow once, in the order of the statement.',
    },
  },
  ports: { in: [], out: [outPort] },
  adapter: 'database',
  sharesAdapter: true,
  samples: [{ name: { 'zh-CN': '一行检验申请', en: 'A row of laboratory orders' }, data: { id: 1017, status: 'NEW', test: 'GLU' } }],
  config: Config,
  check: checkConfig,
  keyNames: () => [],
  listen,
  probe: probeDatabase,
});

const ONE_WAY = {
  'zh-CN': '“按位置读取”和“按状态读取”须且只须填写一个',
  en: 'must have exactly one of “By position” and “By status”',
};

function checkConfig({ sql, byMark, byStatus }: Config): readonly ConfigProblem[] {
  if ((byMark === undefined) === (byStatus === undefined)) return [{ path: '', message: ONE_WAY }];
  if (byMark === undefined) {
    const { claim, release, done, failed } = byStatus!;
    const each = Object.entries({ claim, release, done, failed }).flatMap(([field, text]) =>
      text === undefined ? [] : checkNames(text, `/byStatus/${field}`, field === 'release' ? [] : undefined),
    );
    return [...checkNames(sql, '/sql', []), ...each];
  }
  return [...checkNames(sql, '/sql', ['after']), ...checkFrom(byMark)];
}

function checkFrom({ from, kind }: MarkSettings): readonly ConfigProblem[] {
  try {
    toMark(from, kind);
    return [];
  } catch {
    const message =
      kind === 'number'
        ? { 'zh-CN': '须为整数', en: 'must be a whole number' }
        : { 'zh-CN': '须写作 2026-01-01 或 2026-01-01T00:00:00', en: 'must be written as 2026-01-01 or 2026-01-01T00:00:00' };
    return [{ path: '/byMark/from', message }];
  }
}

/** What one look at the database needs. */
interface Look {
  readonly ctx: TriggerContext<Config>;
  readonly db: DatabaseContext;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Starts to look regularly. Rejects if the statement cannot be run now; `ended` reports later failures. The first look
 * is not part of it, because a trigger that is only tried must change nothing.
 */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const source = sourceOf(ctx);
  const { byMark, byStatus, everySec } = ctx.config;
  const marked = byMark && new MarkedPosition(byMark, await ctx.position.read(source));
  await readBatch({ ...ctx, signal: NEVER_STOPPED }, { ...queryOf(ctx.config, marked?.after), maxRows: 1, takes: () => true });
  const settled = new Set<string>();
  let isFirst = true;
  return lookRegularly({
    clock: ctx.clock,
    everySec,
    firstAfterMs: 0,
    async look(signal) {
      const look: Look = { ctx, db: { ...ctx, signal }, emit, signal };
      if (marked !== undefined) return lookByMark(look, marked, source);
      if (isFirst) await releaseRows(look.db, byStatus!);
      isFirst = false;
      return lookByStatus(look, source, settled);
    },
  });
}

function queryOf({ sql, maxRowBytes }: Config, after: string | undefined) {
  return { sql, maxRowBytes, values: new Map(after === undefined ? [] : [['after', after]]) };
}

/** Another query, or another database, begins at its own beginning. */
function sourceOf({ adapter, config: { sql, byMark, byStatus } }: TriggerContext<Config>): string {
  return createHash('sha256')
    .update(JSON.stringify([adapter!.adapterId, sql, byMark?.column, byMark?.kind, byMark?.keyColumns ?? byStatus!.keyColumns]))
    .digest('base64url');
}

/** While there are more and more rows, a new pass for those that are committed late begins so often. */
const PASS_MS = 10_000;

async function lookByMark(look: Look, position: MarkedPosition, source: string): Promise<void> {
  while (await readPass(look, position, source));
}

/** Returns true if there is more to read now. */
async function readPass(look: Look, position: MarkedPosition, source: string): Promise<boolean> {
  const { ctx, db, signal } = look;
  const { batchRows, byMark } = ctx.config;
  const endAt = ctx.clock.now() + PASS_MS;
  let isKept = true;
  const keep = async () => {
    isKept = true;
    await ctx.position.keep(source, position.toText());
  };
  position.beginPass();
  try {
    for (let after = position.after; !signal.aborted;) {
      const query = { ...queryOf(ctx.config, after), maxRows: batchRows, takes: (row: Row) => !position.isKnown(row) };
      const { rows, isLast } = await readBatch(db, query);
      requireOrder(rows, byMark!);
      isKept &&= rows.length === 0;
      if (!(await handInMarked(look, rows, position, source))) return false;
      const last = rows.at(-1);
      if (last === undefined || isLast || (ctx.clock.now() >= endAt && position.hasReached(last))) {
        position.endPass();
        return !isLast;
      }
      after = position.markOf(last);
      // A crash costs at most the rows of a pass, which the engine recognises.
      if (!position.isLarge) await keep();
    }
    return false;
  } finally {
    if (!isKept) await keep();
  }
}

/** Returns false if a row could not be stored now, or the trigger is stopped. */
async function handInMarked({ ctx, emit, signal }: Look, rows: readonly Row[], position: MarkedPosition, source: string): Promise<boolean> {
  for (const row of rows) {
    if (signal.aborted) return false;
    const taken = await outcomeOf(() => emit({ message: createMessage(row), dedupeKey: `${source}/${position.idOf(row)}` }));
    if (taken === 'later') return false;
    if (taken !== 'stored') {
      if (ctx.config.byMark!.refused === 'stop') throw pollRefused(taken.never.code);
      ctx.log.error('database.row-passed-over', undefined, { code: taken.never.code });
    }
    position.pass(row);
  }
  return true;
}

/** `settled` has the rows of the last batch that were marked. */
async function lookByStatus({ ctx, db, emit, signal }: Look, source: string, settled: Set<string>): Promise<void> {
  const { batchRows, byStatus } = ctx.config;
  const statements = byStatus!;
  for (let hasMore = true; hasMore && !signal.aborted;) {
    const { rows, isLast } = await readBatch(db, { ...queryOf(ctx.config, undefined), maxRows: batchRows, takes: () => true });
    const ids = rows.map((row) => rowId(row, statements.keyColumns));
    if (ids.some((id) => settled.has(id))) throw selectedAgain();
    settled.clear();
    for (const [index, row] of rows.entries()) {
      if (signal.aborted) return;
      if (!(await claimRow(db, statements, row))) continue;
      const taken = await outcomeOf(() => emit({ message: createMessage(row), dedupeKey: `${source}/${ids[index]}` }));
      if (taken === 'later') return releaseRows(db, statements);
      await settleRow(db, statements, row, taken);
      settled.add(ids[index]!);
    }
    // If something else has taken the whole batch, the rest can wait.
    hasMore = !isLast && settled.size > 0;
  }
}
