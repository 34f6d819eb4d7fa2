/** What every driver promises, shown on a real database: see `nodes/database/drivers/driver.ts`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppError, type ErrorKind } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Connection, Driver, Row, SqlValue, Target } from '../../../../nodes/database/drivers/driver.ts';
import type { SqlSyntax } from '../../../../nodes/database/sql/syntax.ts';

export interface DatabaseServer {
  readonly target: Pick<Target, 'host' | 'port' | 'database' | 'user' | 'password' | 'file'>;
  /** kill -9. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface DriverCases {
  /** False for a database in a file, which has no log-in, no time limit of its own and no process to kill. Default: true. */
  readonly isServer?: boolean;
  readonly driver: () => Promise<Driver>;
  readonly syntax: SqlSyntax;
  /** Why the database cannot run here; absent if it can. */
  readonly skip?: string | undefined;
  readonly start: () => Promise<DatabaseServer>;
  /** One row with values of all types that the database has, and what it becomes. */
  readonly kinds: { readonly create?: readonly string[]; readonly sql: string; readonly row: Row };
  /** Creates the table `people` with the columns id (primary key), name (10 MB and more), age, weight (decimal, 2 digits), alive, photo, born. */
  readonly createPeople: string;
  /** Selects the numbers from 1 to `count` as n. */
  readonly numbers: (count: number) => string;
  /** Runs for half a minute. */
  readonly sleep: string;
  /** What `columns` says of `people`, without `schema`. */
  readonly columns: readonly Record<string, unknown>[];
}

const LIMITS = { batchRows: 100, batchBytes: 64_000_000 };
export const failsWith = (code: string, kind: ErrorKind) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error));
  assert.deepEqual([error.code, error.kind], [code, kind], error.message);
  return true;
};

export function driverConformance(name: string, cases: DriverCases): void {
  describe(`driver of ${name}`, { skip: cases.skip ?? false }, () => {
    const itOfServer: (title: string, shows: () => Promise<void>) => unknown = cases.isServer === false ? () => undefined : it;
    const p = (position: number) => cases.syntax.placeholder(position);
    const insert = `INSERT INTO people (id, name, age, weight, alive, photo, born) VALUES (${[1, 2, 3, 4, 5, 6, 7].map(p).join(', ')})`;
    let server: DatabaseServer;
    let driver: Driver;
    let connection: Connection;

    const open = (changed: Partial<Target> = {}) =>
      driver.open({
        ...server.target,
        tls: undefined,
        connectTimeoutMs: 5000,
        timeoutMs: 20_000,
        outbound: anywhere,
        signal: new AbortController().signal,
        ...changed,
      });
    const all = async (text: string, values: readonly SqlValue[] = [], on = connection) => {
      const rows: Row[] = [];
      for await (const batch of on.rows({ text, values }, LIMITS)) rows.push(...batch);
      return rows;
    };

    before(async () => {
      server = await cases.start();
      driver = await cases.driver();
      connection = await open();
      await connection.run({ text: cases.createPeople, values: [] });
    });
    after(async () => {
      connection?.close();
      await server?.stop();
    });

    it('gives values of every type in the form that all databases share', async () => {
      for (const text of cases.kinds.create ?? []) await connection.run({ text, values: [] });
      assert.deepEqual(await all(cases.kinds.sql), [cases.kinds.row]);
    });

    it('takes values as parameters and gives them back', async () => {
      const name = '𠮷野家 龘 😀 €\\\'";--';
      const values = [1, name, 41, '61.50', true, Buffer.from([0, 255, 39]), '1985-02-28'];
      assert.deepEqual(await connection.run({ text: insert, values }), { affected: 1 });
      const row = { id: 1, name, age: 41, weight: '61.50', alive: true, photo: 'AP8n', born: '1985-02-28' };
      assert.deepEqual(await all(`SELECT * FROM people WHERE id = ${p(1)}`, [1]), [row]);
      assert.deepEqual(await all(`SELECT id FROM people WHERE name = ${p(1)} AND alive = ${p(2)}`, [name, true]), [{ id: 1 }]);
      await connection.run({ text: insert, values: [2, null, null, null, null, null, null] });
      const nulls = { id: 2, name: null, age: null, weight: null, alive: null, photo: null, born: null };
      assert.deepEqual(await all(`SELECT * FROM people WHERE id = ${p(1)}`, [2]), [nulls]);
      assert.deepEqual(await connection.run({ text: 'UPDATE people SET age = 50', values: [] }), { affected: 2 });
      assert.deepEqual(await connection.run({ text: 'DELETE FROM people', values: [] }), { affected: 2 });
    });

    it('takes and gives a text of 10 MB', async () => {
      const name = '病历摘要'.repeat(833_334);
      await connection.run({ text: insert, values: [3, name, null, null, null, null, null] });
      const [row] = await all('SELECT name FROM people WHERE id = 3');
      assert.ok(row!['name'] === name);
      await connection.run({ text: 'DELETE FROM people', values: [] });
    });

    it('streams many rows, and can be ended early', async () => {
      let sum = 0;
      for await (const batch of connection.rows({ text: cases.numbers(50_000), values: [] }, LIMITS)) {
        assert.ok(batch.length <= LIMITS.batchRows);
        for (const { n } of batch) sum += Number(n);
      }
      assert.equal(sum, 1_250_025_000);
      for await (const [first] of connection.rows({ text: cases.numbers(50_000), values: [] }, LIMITS)) {
        assert.equal(Number(first!['n']), 1);
        break;
      }
      if (!connection.isUsable) connection = await open();
      assert.equal((await all(cases.numbers(3))).length, 3);
      for await (const [first] of connection.rows({ text: cases.numbers(200), values: [] }, LIMITS)) {
        assert.equal(Number(first!['n']), 1);
        break;
      }
      assert.equal(connection.isUsable, true);
      assert.deepEqual(await all(`SELECT id FROM people WHERE id = ${p(1)}`, [99]), []);
    });

    it('drops a connection that sends more than allowed', async () => {
      await connection.run({ text: insert, values: [4, 'x'.repeat(3_000_000), null, null, null, null, null] });
      const other = await open();
      const read = async () => {
        for await (const _ of other.rows({ text: 'SELECT name FROM people', values: [] }, { batchRows: 1, batchBytes: 100_000 }));
      };
      await assert.rejects(read(), failsWith('DATABASE_ROW_TOO_LARGE', 'input'));
      other.close();
      await connection.run({ text: 'DELETE FROM people', values: [] });
    });

    it('refuses two columns of one name, a wrong statement and a second statement, and stays usable', async () => {
      await assert.rejects(all('SELECT id, name AS id FROM people'), failsWith('DATABASE_COLUMN_TWICE', 'input'));
      await assert.rejects(all('SELECT nothing FROM people'), (error: AppError) => {
        assert.equal(error.code, 'DATABASE_STATEMENT_REFUSED');
        return /nothing/.test(error.message);
      });
      // SQLite does only the first; the nodes refuse two statements anyway.
      const isStrict = cases.isServer !== false;
      await (isStrict ? assert.rejects : assert.doesNotReject)(
        connection.run({ text: 'DELETE FROM people; DELETE FROM people', values: [] }),
        failsWith('DATABASE_STATEMENT_REFUSED', 'input'),
      );
      assert.equal(connection.isUsable, true);
      assert.equal((await all(cases.numbers(1))).length, 1);
    });

    it('names the violated rule, but no value', async () => {
      await connection.run({ text: insert, values: [7, '张三', null, null, null, null, null] });
      await assert.rejects(connection.run({ text: insert, values: [7, '张三', null, null, null, null, null] }), (error: AppError) => {
        assert.deepEqual([error.code, error.kind, error.values['problem']], ['DATABASE_CONSTRAINT', 'input', 'unique']);
        return !/张三/.test(JSON.stringify([error.message, error.values]));
      });
      await assert.rejects(
        connection.run({ text: insert, values: [null, '张三', null, null, null, null, null] }),
        failsWith('DATABASE_CONSTRAINT', 'input'),
      );
      await connection.run({ text: 'DELETE FROM people', values: [] });
    });

    it('commits, rolls back, and changes nothing in a transaction that reads', async () => {
      const values = [8, '李四', null, null, null, null, null];
      await connection.begin('write');
      assert.equal(connection.isInTransaction, true);
      await connection.run({ text: insert, values });
      await connection.rollback();
      assert.deepEqual(await all('SELECT id FROM people'), []);
      await connection.begin('write');
      await connection.run({ text: insert, values });
      await connection.commit();
      assert.equal(connection.isInTransaction, false);
      await connection.begin('read');
      await assert.rejects(
        connection.run({ text: 'DELETE FROM people', values: [] }),
        (error: AppError) => error.values['problem'] === 'read-only',
      );
      await connection.rollback();
      assert.deepEqual(await all('SELECT id FROM people'), [{ id: 8 }]);
      await connection.run({ text: 'DELETE FROM people', values: [] });
    });

    it('describes the columns of tables', async () => {
      const columns = (await connection.columns()).filter(({ table }) => table.toLowerCase() === 'people');
      assert.deepEqual(
        columns.map(({ schema: _, ...column }) => column),
        cases.columns,
      );
    });

    itOfServer('ends a statement at its time limit, and stays usable', async () => {
      const brief = await open({ timeoutMs: 300 });
      await assert.rejects(all(cases.sleep, [], brief), failsWith('DATABASE_TIMEOUT', 'transient'));
      assert.equal((await all(cases.numbers(1), [], brief)).length, 1);
      brief.close();
    });

    it('ends a statement when the connection is closed', async () => {
      const other = await open();
      const reading = all(cases.sleep, [], other);
      setTimeout(() => other.close(), 200);
      await assert.rejects(reading, failsWith('DATABASE_NO_ANSWER', 'transient'));
      assert.equal(other.isUsable, false);
    });

    itOfServer('is refused by a wrong password and an unknown database', async () => {
      await assert.rejects(open({ password: 'wrong' }), failsWith('DATABASE_LOGIN_REFUSED', 'input'));
      await assert.rejects(open({ database: 'nowhere' }), failsWith('DATABASE_LOGIN_REFUSED', 'input'));
    });

    itOfServer('connects only where it is allowed', async () => {
      const outbound = createOutboundGuard({ isExcepted: () => false });
      for (const host of ['127.0.0.1', 'localhost']) await assert.rejects(open({ host, outbound }), failsWith('OUTBOUND_REFUSED', 'input'));
      await assert.rejects(open({ port: 1 }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await assert.rejects(open({ signal: AbortSignal.abort() }), failsWith('DATABASE_STOPPED', 'transient'));
    });

    itOfServer('loses a statement when the server is killed, and connects again when it is back', async () => {
      const other = await open();
      const reading = all(cases.sleep, [], other);
      setTimeout(() => void server.kill(), 200);
      await assert.rejects(reading, failsWith('DATABASE_NO_ANSWER', 'transient'));
      await assert.rejects(open(), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await server.restart();
      connection.close();
      connection = await open();
      assert.equal((await all(cases.numbers(1))).length, 1);
    });
  });
}
