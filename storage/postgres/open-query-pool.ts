import { Pool, type ClientBase, type ClientConfig, type QueryResultRow } from 'pg';
import { prepareSession } from './connection-settings.ts';
import { isStatementRefused, translatePostgresError } from './translate-postgres-error.ts';

export interface QueryPool {
  /**
   * Runs a query and returns its rows unchanged. Retries once if the connection broke, so it must only be used for
   * statements that may run twice.
   */
  query<R extends QueryResultRow>(text: string, values: readonly unknown[], limitMs?: number): Promise<readonly R[]>;
  close(): Promise<void>;
}

const ANSWER_MS = 5000;
const IDLE_MS = 60_000;
/** Maximum number of query texts that are prepared; others run unprepared. */
const MAX_PREPARED = 500;

/**
 * Opens a pool of connections for queries. They are opened when they are needed. Documents are written over another
 * connection (`open-write-lane.ts`).
 */
export function openQueryPool(settings: ClientConfig, connections: number): QueryPool {
  let pool = openPool(settings, connections);
  const names = new Map<string, string>();

  /**
   * Replaces the pool after a broken connection. Other idle connections may be dead too, and each of them would fail
   * one more query.
   */
  function replace(broken: Pool) {
    if (pool !== broken) return;
    pool = openPool(settings, connections);
    broken.end().catch(() => undefined);
  }

  function nameOf(text: string): string | undefined {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_PREPARED) return known;
    const name = `q${names.size}`;
    names.set(text, name);
    return name;
  }

  async function ask<R extends QueryResultRow>(text: string, values: readonly unknown[], limitMs: number): Promise<readonly R[]> {
    const name = nameOf(text);
    const config = { text, values: [...values], query_timeout: limitMs, ...(name === undefined ? {} : { name }) };
    const asked = pool;
    try {
      return (await asked.query<R>(config)).rows;
    } catch (error) {
      if (!isStatementRefused(error)) replace(asked);
      throw error;
    }
  }

  return {
    async query(text, values, limitMs = ANSWER_MS) {
      try {
        return await ask(text, values, limitMs);
      } catch (error) {
        if (isStatementRefused(error)) throw translatePostgresError(error);
      }
      try {
        return await ask(text, values, limitMs);
      } catch (error) {
        throw translatePostgresError(error);
      }
    },
    close: () => pool.end(),
  };
}

function openPool(settings: ClientConfig, connections: number): Pool {
  // The pool awaits the promise that this function returns, although the types of `pg` do not show this.
  const onConnect: (client: ClientBase) => unknown = prepareSession;
  const pool = new Pool({ ...settings, max: connections, idleTimeoutMillis: IDLE_MS, onConnect });
  // A broken idle connection needs no handling here: the next query replaces it.
  pool.on('error', () => undefined);
  return pool;
}
