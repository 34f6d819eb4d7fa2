/** What the errors of wrong values say: why in words, the column or type, and never the value. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bothTexts } from '../../../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import { translateStatement as translateMysql } from '../../../../nodes/database/drivers/mysql-errors.ts';
import { translateStatement as translateOracle } from '../../../../nodes/database/drivers/oracle/oracle-errors.ts';
import { translateSqlite } from '../../../../nodes/database/drivers/sqlite-errors.ts';
import { translateStatement as translateSqlServer } from '../../../../nodes/database/drivers/sqlserver/sqlserver-errors.ts';
import databaseWrite from '../../../../nodes/database/write.node.ts';
import { ENGINES_HERE, PASSWORD, runDirectly, type TestDatabase } from '../servers.ts';

type Case = readonly [column: string, value: unknown, values: Readonly<Record<string, unknown>>];

const SECRET = '欧阳锋';
const SETUP: Readonly<Record<string, readonly string[]>> = {
  PostgreSQL: [
    "CREATE TYPE sex AS ENUM ('m', 'f')",
    'CREATE TABLE t (name varchar(3), n integer, amount numeric(5, 2), born date, sex sex)',
    `CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', NEW.name; END $$`,
    `CREATE FUNCTION feign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE undefined_column USING MESSAGE = NEW.name; END $$`,
    'CREATE TABLE boom (name text)',
    'CREATE TABLE feign (name text)',
    'CREATE TRIGGER boom BEFORE INSERT ON boom FOR EACH ROW EXECUTE FUNCTION boom()',
    'CREATE TRIGGER feign BEFORE INSERT ON feign FOR EACH ROW EXECUTE FUNCTION feign()',
  ],
  MariaDB: [
    "CREATE TABLE t (name varchar(3), n integer, amount decimal(5, 2), born date, sex enum('m', 'f'), latin varchar(9) CHARACTER SET latin1)",
    'CREATE TABLE boom (name text)',
    'CREATE TABLE feign (name text)',
    "CREATE TRIGGER boom BEFORE INSERT ON boom FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = NEW.name",
    "CREATE TRIGGER feign BEFORE INSERT ON feign FOR EACH ROW SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = NEW.name, MYSQL_ERRNO = 1054",
  ],
};
const CASES: Readonly<Record<string, readonly Case[]>> = {
  PostgreSQL: [
    ['t.name', '欧阳锋四', { problem: 'too-long', code: '22001', type: 'character varying(3)' }],
    ['t.n', SECRET, { problem: 'form', code: '22P02', type: 'integer' }],
    ['t.sex', SECRET, { problem: 'form', code: '22P02', type: 'sex' }],
    ['t.born', SECRET, { problem: 'form', code: '22007', type: 'date' }],
    ['t.born', '2026-02-30', { problem: 'range', code: '22008' }],
    ['t.n', '99999999999', { problem: 'range', code: '22003', type: 'integer' }],
    ['t.amount', '99999', { problem: 'range', code: '22003' }],
    ['boom.name', SECRET, { problem: 'own', code: 'P0001' }],
    ['feign.name', SECRET, { problem: 'own', code: '42703' }],
  ],
  MariaDB: [
    ['t.name', '欧阳锋四', { problem: 'too-long', code: '1406', column: 'name' }],
    ['t.n', SECRET, { problem: 'form', code: '1366', column: 'n' }],
    ['t.n', "' for column `张三` at row 1", { problem: 'form', code: '1366', column: 'n' }],
    ['t.latin', SECRET, { problem: 'charset', code: '1366', column: 'latin' }],
    ['t.sex', SECRET, { problem: 'form', code: '1265', column: 'sex' }],
    ['t.born', '2026-02-30', { problem: 'form', code: '1292', column: 'born' }],
    ['t.n', '99999999999', { problem: 'range', code: '1264', column: 'n' }],
    ['boom.name', SECRET, { problem: 'own', code: '1644/45000' }],
    ['feign.name', SECRET, { problem: 'own', code: '1054/45001' }],
  ],
};

function tellsNoValue(error: AppError, value: string, code: string) {
  const { 'zh-CN': zh, en } = bothTexts(error);
  for (const text of [zh, en]) assert.ok(text.includes(code) && !text.includes(value) && !/[[\]{}]/.test(text), text);
  assert.match(zh, /值|过程/);
  assert.ok(!JSON.stringify(error.values).includes(value));
}

for (const engine of ENGINES_HERE)
  describe(`a value that ${engine.name} refuses`, { skip: engine.skip ?? false }, () => {
    let database: TestDatabase;
    before(async () => {
      database = await engine.start();
      await runDirectly(database, SETUP[engine.name]!);
    });
    after(() => database?.stop());

    for (const [target, value, values] of CASES[engine.name]!)
      it(`${target}: ${JSON.stringify(values)}`, async () => {
        const [table, column] = target.split('.');
        const columns = [{ name: column, value: { path: 'data' }, isKey: false, isBase64: false }];
        const adapter = { adapterId: `adp_refused_${engine.name}`, settings: { ...database.settings } };
        const run = runNode(databaseWrite, { config: { table, columns }, adapter, data: value, secrets: { '': PASSWORD } });
        await assert.rejects(run, (error: AppError) => {
          const { position: _position, ...rest } = error.values;
          assert.deepEqual([error.code, error.kind, rest], ['DATABASE_STATEMENT_REFUSED', 'input', values]);
          tellsNoValue(error, String(value), String(values['code']));
          return true;
        });
      });
  });

const oracle = (errorNum: number, message: string) =>
  translateOracle(Object.assign(new Error(`ORA-${errorNum}: ${message}`), { code: `ORA-${errorNum}`, errorNum }), 1000);
const sqlServer = (number: number, message: string) =>
  translateSqlServer(Object.assign(new Error(message), { code: 'EREQUEST', number }), 1000);
const mysql = (errno: number, sqlState: string, sqlMessage: string) =>
  translateMysql(Object.assign(new Error(sqlMessage), { errno, sqlState, sqlMessage }), 1000);

describe('a value that other databases refuse', () => {
  const cases: readonly (readonly [AppError, Readonly<Record<string, unknown>>])[] = [
    [
      oracle(12_899, 'value too large for column "LIS"."VISITS"."NAME" (actual: 9, maximum: 3)'),
      { problem: 'too-long', code: 'ORA-12899', column: 'NAME' },
    ],
    [oracle(1438, 'value larger than specified precision allowed for this column'), { problem: 'range', code: 'ORA-1438' }],
    [oracle(1858, 'a non-numeric character was found'), { problem: 'form', code: 'ORA-1858' }],
    [oracle(20_001, `no place for ${SECRET}`), { problem: 'own', code: 'ORA-20001' }],
    [
      sqlServer(2628, `String or binary data would be truncated in table 'lis.t', column 'name'. Truncated value: '${SECRET}'.`),
      { problem: 'too-long', code: '2628', column: 'name' },
    ],
    [sqlServer(245, `Conversion failed when converting the varchar value '${SECRET}' to data type int.`), { problem: 'form', code: '245' }],
    [sqlServer(8115, 'Arithmetic overflow error converting expression to data type int.'), { problem: 'range', code: '8115' }],
    [sqlServer(50_000, `no place for ${SECRET}`), { problem: 'own', code: '50000' }],
    [mysql(1406, '22001', "Data too long for column 'name' at row 1"), { problem: 'too-long', code: '1406', column: 'name' }],
    [
      translateSqlite({ code: 3091, message: 'cannot store TEXT value in INTEGER column t.n' }),
      { problem: 'form', code: '3091', column: 't.n' },
    ],
  ];
  for (const [error, values] of cases)
    it(JSON.stringify(values), () => {
      assert.ok(error instanceof AppError);
      assert.deepEqual([error.code, error.values], ['DATABASE_STATEMENT_REFUSED', values]);
      tellsNoValue(error, SECRET, String(values['code']));
    });
});
