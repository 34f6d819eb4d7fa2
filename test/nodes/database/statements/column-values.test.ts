import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { runNode } from '../../../../engine/testing/run-node.ts';
import databaseQuery from '../../../../nodes/database/query.node.ts';
import databaseWrite from '../../../../nodes/database/write.node.ts';
import { ENGINES_HERE, PASSWORD, type TestDatabase } from '../servers.ts';

interface Case {
  readonly columns: Readonly<Record<string, string>>;
  /** Literals of a row. */
  readonly row: Readonly<Record<string, string>>;
  /** A statement of the help of the nodes, with the column and the value that it writes. */
  readonly help: { readonly parameter: string; readonly column: string; readonly statement: string; readonly value: unknown };
}

const CASES: Readonly<Record<string, Case>> = {
  PostgreSQL: {
    columns: {
      id: 'varchar(40) PRIMARY KEY',
      tags: 'text[]',
      nums: 'integer[]',
      grid: 'numeric[][]',
      docs: 'jsonb[]',
      at: 'timestamptz',
      note: 'text',
    },
    row: {
      ...{ id: "'甲'", tags: `ARRAY['a', '引"号', 'c\\d', NULL, 'null', '{x,y}', '']`, nums: 'ARRAY[1, NULL, -3]' },
      ...{
        grid: 'ARRAY[[1.50, 2], [3, 4]]',
        docs: `ARRAY['{"a": ["b"]}'::jsonb]`,
        at: `'2026-06-01 08:00:00.123456+08'`,
        note: `'["a", "b"]'`,
      },
    },
    help: {
      parameter: 'tags',
      column: 'tags',
      statement: "UPDATE items SET tags = ARRAY(SELECT jsonb_array_elements_text(:tags::jsonb)) WHERE id = '甲'",
      value: ['x', null, '{"y"}'],
    },
  },
  MariaDB: {
    columns: { id: 'varchar(40) PRIMARY KEY', at: 'timestamp(6) NULL', plain: 'datetime(6)', never: 'timestamp NULL', note: 'text' },
    row: {
      ...{
        id: "'甲'",
        at: `'2026-06-01 23:30:00.123456'`,
        plain: `'2026-06-01 08:00:00.5'`,
        never: 'NULL',
        note: `'2026-06-01T00:00:00Z'`,
      },
    },
    help: {
      parameter: 'at',
      column: 'at',
      statement: "UPDATE items SET at = CONVERT_TZ(TRIM(TRAILING 'Z' FROM :at), '+00:00', @@session.time_zone) WHERE id = '甲'",
      value: '2026-02-28T23:59:59.654321Z',
    },
  },
};
const HELP = ['write.md', 'query.md']
  .map((name) => readFileSync(new URL(`../../../../nodes/database/${name}`, import.meta.url), 'utf8'))
  .join('');

for (const engine of ENGINES_HERE) {
  describe(`values that ${engine.name} gives`, { skip: engine.skip ?? false }, () => {
    const { columns: types, row, help } = CASES[engine.name]!;
    const names = Object.keys(types);
    let database: TestDatabase;
    before(async () => {
      database = await engine.start();
      const charset = engine.name === 'MariaDB' ? ' CHARACTER SET utf8mb4' : '';
      for (const table of ['items', 'copies'])
        await run(databaseWrite, { sql: `CREATE TABLE ${table} (${names.map((name) => `${name} ${types[name]}`).join(', ')})${charset}` });
      await run(databaseWrite, { sql: `INSERT INTO items VALUES (${names.map((name) => row[name]).join(', ')})` });
    });
    after(() => database?.stop());

    async function run(node: typeof databaseWrite | typeof databaseQuery, config: object, data: unknown = {}): Promise<unknown> {
      const adapter = { adapterId: `adp_values_${engine.name}`, settings: { ...database.settings } };
      const outcome = await runNode(node, { config: config as Record<string, unknown>, adapter, data, secrets: { '': PASSWORD } });
      assert.ok('emit' in outcome);
      return outcome.emit!['ok']![0]!.data;
    }
    const read = (table: string) =>
      run(databaseQuery, { sql: `SELECT * FROM ${table}`, result: 'row' }) as Promise<Record<string, unknown>>;

    test('can be written again as they were read, once by key', async () => {
      const data = await read('items');
      const columns = names.map((name) => ({ name, value: { path: `data.${name}` }, isKey: name === 'id', isBase64: false }));
      for (const idempotency of ['none', 'key', 'key'])
        assert.deepEqual(
          await run(
            databaseWrite,
            { table: 'copies', mode: 'insert', idempotency, columns },
            idempotency === 'none' ? data : { ...data, id: '乙' },
          ),
          {
            affected: 1,
          },
        );
      assert.deepEqual(await run(databaseQuery, { sql: 'SELECT * FROM copies ORDER BY id DESC', result: 'rows' }), [
        data,
        { ...data, id: '乙' },
      ]);
      const changed = { table: 'copies', mode: 'update', columns };
      assert.deepEqual(await run(databaseWrite, changed, data), { affected: 1 });
    });

    test('can be written by a statement as the help shows', async () => {
      const { parameter, column, statement, value } = help;
      const expression = /= (.*) WHERE/.exec(statement)![1]!.replace(`:${parameter}`, ':name');
      assert.ok(HELP.split(expression).length === 3, `${expression} must be in the help, in Chinese and English`);
      const parameters = [{ name: parameter, value: { path: 'data' } }];
      assert.deepEqual(await run(databaseWrite, { sql: statement, parameters }, value), { affected: 1 });
      assert.deepEqual((await read('items'))[column], value);
    });
  });
}
