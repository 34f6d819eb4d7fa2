/** How a stored procedure or function is called in each database. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { SqlValue, Statement } from '../drivers/driver.ts';
import { quoteName, type SqlSyntax } from '../sql/syntax.ts';

export interface CallOrder {
  readonly schema?: string | undefined;
  readonly name: string;
  readonly kind: 'procedure' | 'function';
  readonly parameters: readonly CallParameter[];
}

export interface CallParameter {
  readonly name: string;
  readonly direction: 'in' | 'out' | 'inout';
  /** NULL for `out`. */
  readonly value: SqlValue;
}

export interface CallStatements {
  /** Sets variables before the call. */
  readonly before?: Statement;
  readonly call: Statement;
  /** Reads the values of the parameters `out` and `inout`, in their order. Absent if the call itself returns them. */
  readonly after?: Statement;
  /** The call returns one row with the values of the parameters `out` and `inout`, in their order. */
  readonly returnsOut: boolean;
}

type Compile = (order: CallOrder, syntax: SqlSyntax) => CallStatements;

const COMPILERS: Readonly<Record<string, Compile>> = { postgresql: callPostgresql, mysql: callMysql, mariadb: callMysql };

/** Returns false for a database whose procedures cannot be called yet. */
export function canCall(engine: string): boolean {
  return Object.hasOwn(COMPILERS, engine);
}

/** Throws DATABASE_CALL_UNSUPPORTED (input) for a database whose procedures cannot be called yet. */
export function callStatements(engine: string, order: CallOrder, syntax: SqlSyntax): CallStatements {
  if (canCall(engine)) return COMPILERS[engine]!(order, syntax);
  throw new AppError('DATABASE_CALL_UNSUPPORTED', 'input', `Procedures of ${engine} cannot be called by this node.`, {
    values: { engine },
    fix: 'Run the procedure in a statement of the node Database query or Database write.',
  });
}

function callPostgresql({ kind, parameters, ...order }: CallOrder, syntax: SqlSyntax): CallStatements {
  const name = nameOf(order, syntax);
  const given = parameters.filter(({ direction }) => direction !== 'out');
  const values = given.map(({ value }) => value);
  const args = parameters.map((parameter) => (parameter.direction === 'out' ? 'NULL' : syntax.placeholder(given.indexOf(parameter) + 1)));
  return kind === 'function'
    ? { call: { text: `SELECT * FROM ${name}(${args.join(', ')})`, values }, returnsOut: false }
    : { call: { text: `CALL ${name}(${args.join(', ')})`, values }, returnsOut: hasOut(parameters) };
}

/** Values come back in variables of the session. They are set first, so that none is left from another call. */
function callMysql({ kind, parameters, ...order }: CallOrder, syntax: SqlSyntax): CallStatements {
  const name = nameOf(order, syntax);
  const placeholder = syntax.placeholder(1);
  const given = parameters.filter(({ direction }) => direction === 'in').map(({ value }) => value);
  const args = parameters.map(({ direction }, index) => (direction === 'in' ? placeholder : variable(index)));
  if (kind === 'function') {
    return { call: { text: `SELECT ${name}(${args.join(', ')}) AS result`, values: given }, returnsOut: false };
  }
  const call: Statement = { text: `CALL ${name}(${args.join(', ')})`, values: given };
  if (!hasOut(parameters)) return { call, returnsOut: false };
  const out = parameters.flatMap(({ direction, value }, index) => (direction === 'in' ? [] : [{ index, value }]));
  return {
    before: {
      text: `SET ${out.map(({ index }) => `${variable(index)} = ${placeholder}`).join(', ')}`,
      values: out.map(({ value }) => value),
    },
    call,
    after: { text: `SELECT ${out.map(({ index }) => `${variable(index)} AS ${quoteName(`out${index}`, syntax)}`).join(', ')}`, values: [] },
    returnsOut: false,
  };
}

function variable(index: number): string {
  return `@kq_${index}`;
}

function hasOut(parameters: readonly CallParameter[]): boolean {
  return parameters.some(({ direction }) => direction !== 'in');
}

function nameOf({ schema, name }: Pick<CallOrder, 'schema' | 'name'>, syntax: SqlSyntax): string {
  return schema === undefined || schema === '' ? quoteName(name, syntax) : `${quoteName(schema, syntax)}.${quoteName(name, syntax)}`;
}
