/** The SQL field of the database nodes and its parameters: their schemas, checks, and values per message. */
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import type { BuildContext, ConfigProblem, Scope } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import type { SqlValue, Statement } from './drivers/driver.ts';
import { ENGINES } from './engines.ts';
import { compileStatement } from './sql/compile-statement.ts';
import type { SqlSyntax } from './sql/syntax.ts';
import { compileInput } from '../shared/compile-input.ts';

/** The field of a node for one SQL statement. */
export function sqlField(zhHelp: string, enHelp: string, example: string, [zh, en]: readonly [string, string] = ['SQL 语句', 'SQL']) {
  return Type.String({
    ...fieldText(zh, en, zhHelp, enHelp, { example }),
    ...fieldEditor('long-text'),
    minLength: 1,
    maxLength: 100_000,
  });
}

const SqlParameter = Type.Object(
  {
    name: Type.String({
      ...fieldText('参数名', 'Name', '语句中 :ward 的参数名是 ward。', 'In the statement :ward has the name ward.', { example: 'ward' }),
      pattern: '^[A-Za-z_][A-Za-z0-9_]{0,60}$',
    }),
    value: Type.Union(Operand.anyOf, {
      ...fieldText(
        '值',
        'Value',
        '没有值时为 NULL；对象和数组以 JSON 文本传入。',
        'NULL if absent; objects and arrays are passed as JSON text.',
      ),
      ...fieldEditor('operand'),
    }),
  },
  { additionalProperties: false },
);

export const SqlParameters = Type.Array(SqlParameter, {
  ...fieldText('参数', 'Parameters', 'SQL 语句中的每个 :参数名 一行。', 'One row per :name of the SQL.'),
  default: [],
  maxItems: 500,
});
export type SqlParameters = Static<typeof SqlParameters>;

/**
 * Returns what is wrong with the statement and its parameters. The database is only known at run time, so a statement
 * is accepted if it is right for one of them.
 */
export function checkSql(sql: string, parameters: SqlParameters): readonly ConfigProblem[] {
  const bySyntax = Object.values(ENGINES).map(({ syntax }) => problemsOf(sql, parameters, syntax));
  return bySyntax.reduce((fewest, problems) => (problems.length < fewest.length ? problems : fewest));
}

/** Returns what is wrong with a statement that may use these parameters; any, if undefined. */
export function checkNames(sql: string, path: string, allowed: readonly string[] | undefined): readonly ConfigProblem[] {
  const bySyntax = Object.values(ENGINES).map(({ syntax }): readonly ConfigProblem[] => {
    try {
      const { names } = compileStatement(sql, syntax);
      return [
        ...names.filter((name) => allowed?.includes(name) === false).map((name) => ({ path, message: unknownName(name, allowed!) })),
        ...(allowed ?? []).filter((name) => !names.includes(name)).map((name) => ({ path, message: missingName(name) })),
      ];
    } catch (error) {
      return [{ path, message: bothTexts(error as AppError) }];
    }
  });
  return bySyntax.reduce((fewest, problems) => (problems.length < fewest.length ? problems : fewest));
}

function unknownName(name: string, allowed: readonly string[]) {
  const list = allowed.map((each) => `:${each}`).join(', ');
  return list === ''
    ? { 'zh-CN': `这条语句没有参数，不能使用 :${name}`, en: `has no parameters, so :${name} has no value` }
    : { 'zh-CN': `这条语句只有参数 ${list}，不能使用 :${name}`, en: `has only ${list}, so :${name} has no value` };
}

function missingName(name: string) {
  return { 'zh-CN': `语句中须使用参数 :${name}`, en: `must use :${name}` };
}

function problemsOf(sql: string, parameters: SqlParameters, syntax: SqlSyntax): readonly ConfigProblem[] {
  const bound = parameters.map(({ name }) => name);
  const problems = bound.flatMap((name, index) =>
    bound.indexOf(name) === index ? [] : [{ path: `/parameters/${index}/name`, message: TWICE }],
  );
  try {
    const used = new Set(compileStatement(sql, syntax).names);
    for (const name of used) if (!bound.includes(name)) problems.push({ path: '/sql', message: unbound(name) });
    for (const [index, name] of bound.entries()) if (!used.has(name)) problems.push({ path: `/parameters/${index}/name`, message: UNUSED });
  } catch (error) {
    problems.push({ path: '/sql', message: bothTexts(error as AppError) });
  }
  return problems;
}

const TWICE = { 'zh-CN': '参数名重复', en: 'is there twice' };
const UNUSED = { 'zh-CN': '语句中没有用到这个参数', en: 'does not occur in the statement' };

function unbound(name: string) {
  return { 'zh-CN': `语句中的参数 :${name} 没有取值，请在“参数”中添加`, en: `:${name} has no value; add it to the parameters` };
}

/** Returns the values of a message, by parameter name. Rejects with DATABASE_PARAMETER (input). */
export type ReadValues = (scope: Scope) => Promise<ReadonlyMap<string, SqlValue>>;

/** `field`: where the values are in the configuration. */
export function compileParameters(parameters: SqlParameters, build: BuildContext, field = '/parameters'): ReadValues {
  const readers = parameters.map(({ name, value }, index) => ({
    name,
    read: compileInput(`${field}/${index}/value`, value, build),
  }));
  return async (scope) => {
    const values = new Map<string, SqlValue>();
    for (const { name, read } of readers) values.set(name, toSqlValue(await read(scope), name));
    return values;
  };
}

/** Throws DATABASE_STATEMENT (input) if the statement cannot be used with this database. */
export function bindStatement(sql: string, values: ReadonlyMap<string, SqlValue>, syntax: SqlSyntax): Statement {
  const { text, names } = compileStatement(sql, syntax);
  const missing = names.find((name) => !values.has(name));
  if (missing !== undefined) {
    throw new AppError('DATABASE_STATEMENT', 'input', `The SQL cannot be used: :${missing} has no value.`, {
      values: { problem: 'unbound', name: missing },
      fix: 'Add it to the parameters of the node.',
    });
  }
  return { text, values: names.map((name) => values.get(name)!) };
}

/** Throws DATABASE_PARAMETER (input) if a database cannot take the value. */
export function toSqlValue(value: unknown, name: string): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || value instanceof Uint8Array) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'number') throw refused('number', name, 'it is not a finite number');
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (!text.isWellFormed() || text.includes('\0')) throw refused('text', name, 'it is not valid Unicode text, or contains a NUL character');
  return text;
}

function refused(problem: string, name: string, why: string): AppError {
  return new AppError('DATABASE_PARAMETER', 'input', `The value of :${name} cannot be passed to a database: ${why}.`, {
    values: { problem, name },
    fix: 'Correct the value before this node.',
  });
}
