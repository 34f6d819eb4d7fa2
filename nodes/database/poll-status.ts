/** Polls by a status column: each row is claimed (optional), handed in, and then marked as done or failed. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Row, SqlValue } from './drivers/driver.ts';
import { inTransaction } from './in-transaction.ts';
import { bindStatement, toSqlValue } from './sql-parameters.ts';
import { NEVER_STOPPED, useConnection, type DatabaseContext } from './use-connection.ts';
import type { Taken } from '../shared/outcome-of.ts';

export interface StatusStatements {
  /** Takes one row for this flow. Changes no row if something else has taken it. */
  readonly claim?: string;
  /** Gives all claimed rows back: after a crash, and when a row cannot be stored now. */
  readonly release?: string;
  readonly done: string;
  /** Gets `:error`, the code of the refusal, besides the columns. */
  readonly failed?: string;
}

/** Returns false if something else has taken the row in the meantime. */
export async function claimRow(ctx: DatabaseContext, { claim }: StatusStatements, row: Row): Promise<boolean> {
  return claim === undefined || (await change(ctx, claim, valuesOf(row))) > 0;
}

export async function releaseRows(ctx: DatabaseContext, { release }: StatusStatements): Promise<void> {
  if (release !== undefined) await change(ctx, release, new Map());
}

/**
 * Marks the row. Rejects with DATABASE_POLL_REFUSED (input) if it is refused and there is no statement for that: it
 * would be read again and again.
 */
export async function settleRow(
  ctx: DatabaseContext,
  statements: StatusStatements,
  row: Row,
  taken: Exclude<Taken, 'later'>,
): Promise<void> {
  const { done, failed } = statements;
  if (taken === 'stored') return void (await change(ctx, done, valuesOf(row)));
  if (failed === undefined) throw pollRefused(taken.never.code);
  return void (await change(ctx, failed, valuesOf(row).set('error', taken.never.code)));
}

export function pollRefused(code: string): AppError {
  return new AppError('DATABASE_POLL_REFUSED', 'input', `The flow refuses a row of the table (${code}), so reading has stopped there.`, {
    values: { code },
    fix: 'Correct the row or the flow; or let the trigger mark refused rows or pass over them.',
  });
}

/** A row that was marked is selected once more. It would be read for ever. */
export function selectedAgain(): AppError {
  return new AppError('DATABASE_POLL_AGAIN', 'input', 'A row that was marked as done or failed is selected again.', {
    fix: 'Correct the statements, so that the selection leaves out rows that are done or failed.',
  });
}

function valuesOf(row: Row): Map<string, SqlValue> {
  return new Map(Object.entries(row).map(([name, value]) => [name, toSqlValue(value, name)]));
}

/** A row that is claimed or stored gets its status even if the trigger is stopped meanwhile. */
async function change(ctx: DatabaseContext, sql: string, values: ReadonlyMap<string, SqlValue>): Promise<number> {
  return useConnection({ ...ctx, signal: NEVER_STOPPED }, ({ connection, syntax }) => {
    const statement = bindStatement(sql, values, syntax);
    return inTransaction(connection, 'write', async () => (await connection.run(statement)).affected);
  });
}
